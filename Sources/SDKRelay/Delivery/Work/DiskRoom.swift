import Foundation

/// Keeps room on the disk for finishing what has been taken: below the reserve nothing new is accepted (Q8).
struct DiskRoom: Sendable {
  let folder: URL
  /// In bytes.
  let reserve: Int

  /// Whether `size` more bytes may be taken.
  func isEnough(for size: Int) -> Bool {
    var info = statvfs()
    guard statvfs(folder.path, &info) == 0 else { return false }
    return Int(clamping: UInt64(info.f_bavail)) * Int(info.f_frsize) - size > reserve
  }
}
