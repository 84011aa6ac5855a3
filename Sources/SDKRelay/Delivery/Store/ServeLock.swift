import Foundation

/// Held by the one process that runs on a data folder; the kernel lets go when that process ends, however it ends.
final class ServeLock: Sendable {
  private let descriptor: Int32

  init(_ file: URL) throws(StoreProblem) {
    descriptor = Foundation.open(file.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .cannotOpen("errno \(errno) at \(file.path)") }
    // Somebody who only asks whether the lock is held has it for a moment.
    for _ in 0..<20 {
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return }
      usleep(10_000)
    }
    throw .inUse
  }

  deinit {
    Foundation.close(descriptor)
  }

  static func isHeld(_ file: URL) -> Bool {
    let descriptor = Foundation.open(file.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { Foundation.close(descriptor) }
    guard flock(descriptor, LOCK_SH | LOCK_NB) == 0 else { return true }
    return false
  }
}
