import Foundation

/// What kind of file a path names, how long it is, and whether it is still the same. Foundation's attributes would look up owner and group too.
public struct FileInformation: Sendable {
  /// Whether it is a folder.
  public let isFolder: Bool
  /// Whether it is a file of bytes, and no folder, pipe or device.
  public let isRegular: Bool
  /// In bytes.
  public let size: Int

  /// What changes when the file is written, or another takes its place.
  public let version: Version

  /// Which file it is, and when it was written last.
  public struct Version: Hashable, Sendable {
    private let device: UInt
    private let inode: UInt
    private let size: Int
    private let seconds: Int
    private let nanoseconds: Int

    fileprivate init(_ info: stat) {
      device = UInt(info.st_dev)
      inode = UInt(info.st_ino)
      size = Int(info.st_size)
      seconds = info.st_mtim.tv_sec
      nanoseconds = info.st_mtim.tv_nsec
    }
  }

  /// Nil when the file cannot be seen; `errno` then says why.
  public init?(path: String) {
    var info = stat()
    guard stat(path, &info) == 0 else { return nil }
    isFolder = info.st_mode & S_IFMT == S_IFDIR
    isRegular = info.st_mode & S_IFMT == S_IFREG
    size = Int(info.st_size)
    version = Version(info)
  }
}
