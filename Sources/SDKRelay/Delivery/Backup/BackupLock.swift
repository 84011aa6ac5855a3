import Foundation

/// Held while a backup is taken. What no row needs any more is then left lying, for the janitor to remove later: the
/// backup's database may still name it. Whoever removes a file has committed that it is not needed and asks afterwards;
/// whoever takes a backup reads the database after it has the lock. So either the file stays, or no row of the copy names
/// it.
final class BackupLock {
  private let descriptor: Int32

  init(_ layout: DataLayout) throws {
    descriptor = open(layout.backupLock.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw StoreProblem.cannotOpen("errno \(errno) at \(layout.backupLock.path)") }
    for _ in 0..<20 {
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return }
      usleep(10_000)
    }
    close(descriptor)
    throw BackupProblem.busy
  }

  deinit {
    close(descriptor)
  }
}

extension DataLayout {
  var backupLock: URL { folder.appending(path: "backup.lock") }

  /// Whether files must stay though no row needs them.
  var isBeingBackedUp: Bool { ServeLock.isHeld(backupLock) }
}
