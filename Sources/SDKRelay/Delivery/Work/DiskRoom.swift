import Foundation
import Synchronization

/// Keeps room on the disk for finishing what has been taken: below the reserve nothing new is accepted (Q8).
///
/// What is being received counts as if it had been written already, so that many at once do not share the same room.
final class DiskRoom: Sendable {
  private let folder: URL
  /// In bytes.
  private let reserve: Int
  private let taken = Mutex(0)

  init(folder: URL, reserve: Int) {
    self.folder = folder
    self.reserve = reserve
  }

  /// Whether `size` more bytes may be taken now.
  func isEnough(for size: Int) -> Bool {
    room(for: size) { _ in true }
  }

  /// Takes room for `size` bytes for as long as the work lasts; nil when there is not enough.
  func whileTaking<Value>(_ size: Int, _ work: () async throws -> Value) async rethrows -> Value? {
    guard
      room(
        for: size,
        {
          $0 += size
          return true
        })
    else { return nil }
    defer { taken.withLock { $0 -= size } }
    return try await work()
  }

  private func room(for size: Int, _ use: (inout Int) -> Bool) -> Bool {
    taken.withLock { taken in
      guard let free, free - Double(taken) - Double(size) > Double(reserve) else { return false }
      return use(&taken)
    }
  }

  /// As ``free``, as far as an integer holds it.
  var freeBytes: Int? { free.map { Int(exactly: $0) ?? .max } }

  /// Bytes free for this process; some file systems tell more than an integer holds.
  private var free: Double? {
    var info = statvfs()
    guard statvfs(folder.path, &info) == 0 else { return nil }
    return Double(info.f_bavail) * Double(info.f_frsize)
  }
}
