import Foundation
import Hummingbird
import NIOCore
import XMLSecurity
import Synchronization

/// An answer written in pieces to a reader who must keep up: where nothing of a piece is taken for a while, the
/// connection is closed, and what the answer holds is given back.
struct PacedBody: Sendable {
  let channel: (any Channel)?
  /// How long one piece may take.
  var patience = Duration.seconds(30)

  /// - Parameters:
  ///   - length: in bytes, where it is known.
  ///   - write: gives the pieces to the function that it gets.
  func body(
    length: Int?, _ write: @escaping @Sendable (_ give: (ByteBuffer) async throws -> Void) async throws -> Void
  ) -> ResponseBody {
    let (channel, patience) = (channel, patience)
    return ResponseBody(contentLength: length) { writer in
      let began = Began()
      let watch = Task {
        while !Task.isCancelled {
          try await Task.sleep(for: min(patience / 4, .seconds(1)))
          guard began.isOver(patience) else { continue }
          channel?.close(mode: .all, promise: nil)
          return
        }
      }
      defer { watch.cancel() }
      // The writer cannot leave this closure, and the function that is given does not.
      try await write { piece in
        began.time.withLock { $0 = .now }
        try await writer.write(piece)
        began.time.withLock { $0 = nil }
      }
      try await writer.finish(nil)
    }
  }

  /// The file's plain bytes, from its beginning.
  func body(of file: StoredFile, size: Int, holding: (any Sendable)? = nil) -> ResponseBody {
    body(length: size) { give in
      defer { withExtendedLifetime(holding) {} }
      let reader = try file.open()
      for number in 0..<reader.chunks { try await give(ByteBuffer(bytes: reader.chunk(number))) }
    }
  }

  /// When the piece that is being written was begun.
  private final class Began: Sendable {
    let time = Mutex<ContinuousClock.Instant?>(nil)

    func isOver(_ patience: Duration) -> Bool { time.withLock { $0.map { .now - $0 > patience } ?? false } }
  }
}
