import Foundation

/// Held by the one process that runs on a data folder; the kernel lets go when that process ends, however it ends.
final class ServeLock: Sendable {
  private let descriptor: Int32

  init(_ file: URL) throws(StoreProblem) {
    descriptor = Foundation.open(file.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .cannotOpen("\(file.path): \(String(cString: strerror(errno)))") }
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

/// Lets one process at a time do something to the data folder; the others wait, a moment.
func exclusively<Value>(_ lock: URL, _ body: () throws -> Value) throws -> Value {
  let descriptor = Foundation.open(lock.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
  guard descriptor >= 0 else { throw StoreProblem.cannotOpen("errno \(errno) at \(lock.path)") }
  defer { Foundation.close(descriptor) }
  while flock(descriptor, LOCK_EX) != 0 {
    guard errno == EINTR else { throw StoreProblem.cannotOpen("errno \(errno) at \(lock.path)") }
  }
  return try body()
}
