public import Foundation
import NIOCore
import NIOPosix
import XMLSecurity

/// The bytes of a request to send: pieces in memory and in files, in order, of known length.
public struct WireBody: Sendable {
  /// One piece.
  public enum Segment: Sendable {
    /// Bytes in memory.
    case bytes([UInt8])
    /// A file's bytes from `offset` on, exactly `count` of them.
    case file(URL, offset: Int, count: Int)
  }

  /// The pieces in the order of sending.
  public let segments: [Segment]
  /// The number of bytes altogether.
  public let length: Int

  /// A body of these pieces, of which files are read when they are sent.
  public init(_ segments: [Segment]) {
    self.segments = segments
    self.length = segments.reduce(0) { sum, segment in
      switch segment {
      case .bytes(let bytes): sum + bytes.count
      case .file(_, _, let count): sum + count
      }
    }
  }

  /// A body in memory.
  public init(_ bytes: [UInt8]) {
    self.init([.bytes(bytes)])
  }

  /// A whole file, as long as it is now. Throws a ``TransportProblem`` of kind `body` when it cannot be looked at.
  public init(file: URL) throws(TransportProblem) {
    guard let size = FileInformation(path: file.path)?.size else {
      throw TransportProblem(.body, "the message's file cannot be read")
    }
    self.init([.file(file, offset: 0, count: size)])
  }
}

/// Reads a ``WireBody`` chunk by chunk, as fast as the connection takes them.
///
/// A chunk is given when the loop of the connections has dealt with the one before, for only then does the HTTP client
/// know whether the connection takes more. Without that it would hold whatever a fast reader gives it, and an answer
/// that comes before the end, such as a refusal, would be lost with the bytes that are still held when it closes.
struct WireBodyChunks: AsyncSequence, Sendable {
  let body: WireBody
  let loop: any EventLoop

  static let chunk = 131_072

  func makeAsyncIterator() -> Iterator { Iterator(body, loop) }

  struct Iterator: AsyncIteratorProtocol {
    /// What is left of the segment being read.
    private enum Rest {
      case bytes(ArraySlice<UInt8>)
      case file(URL, offset: Int, count: Int)
    }

    private var segments: IndexingIterator<[WireBody.Segment]>
    private var rest = Rest.bytes([])
    private let length: Int
    private let loop: any EventLoop
    private var sent = 0

    init(_ body: WireBody, _ loop: any EventLoop) {
      self.loop = loop
      segments = body.segments.makeIterator()
      length = body.length
    }

    mutating func next() async throws -> ByteBuffer? {
      if sent > 0 { try await loop.submit {}.get() }
      let chunk = try await nextChunk()
      // Asking for the next chunk means that the connection has taken the former ones.
      if chunk == nil { KillPoint.reached(.bodySent) } else if sent >= length / 2 { KillPoint.reached(.halfBodySent) }
      sent += chunk?.readableBytes ?? 0
      return chunk
    }

    private mutating func nextChunk() async throws -> ByteBuffer? {
      while true {
        switch rest {
        case .bytes(let bytes) where !bytes.isEmpty:
          // In chunks too: bytes handed over at once would count as sent before the other side has taken any.
          rest = .bytes(bytes.dropFirst(WireBodyChunks.chunk))
          return ByteBuffer(bytes: bytes.prefix(WireBodyChunks.chunk))
        case .file(let url, let offset, let count) where count > 0:
          let chunk = try await read(url, offset: offset, count: Swift.min(count, WireBodyChunks.chunk))
          rest = .file(url, offset: offset + chunk.readableBytes, count: count - chunk.readableBytes)
          return chunk
        default:
          switch segments.next() {
          case .bytes(let bytes): rest = .bytes(bytes[...])
          case .file(let url, let offset, let count): rest = .file(url, offset: offset, count: count)
          case nil: return nil
          }
        }
      }
    }

    /// Opens for each chunk: no descriptor is left open when the connection breaks in the middle.
    private func read(_ url: URL, offset: Int, count: Int) async throws(TransportProblem) -> ByteBuffer {
      let chunk = try? await NIOThreadPool.singleton.runIfActive {
        let descriptor = open(url.path, O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        var chunk = ByteBuffer()
        chunk.writeWithUnsafeMutableBytes(minimumWritableBytes: count) {
          Swift.max(0, pread(descriptor, $0.baseAddress, count, off_t(offset)))
        }
        return chunk
      }
      guard let chunk, chunk.readableBytes > 0 else {
        throw TransportProblem(.body, "the message's file cannot be read")
      }
      return chunk
    }
  }
}
