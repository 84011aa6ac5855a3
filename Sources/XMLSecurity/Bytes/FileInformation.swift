import Foundation

/// What kind of file a path names, and how long it is. Foundation's attributes would look up owner and group too.
public struct FileInformation: Sendable {
  /// Whether it is a folder.
  public let isFolder: Bool
  /// Whether it is a file of bytes, and no folder, pipe or device.
  public let isRegular: Bool
  /// In bytes.
  public let size: Int

  /// Nil when the file cannot be seen; `errno` then says why.
  public init?(path: String) {
    var info = stat()
    guard stat(path, &info) == 0 else { return nil }
    isFolder = info.st_mode & S_IFMT == S_IFDIR
    isRegular = info.st_mode & S_IFMT == S_IFREG
    size = Int(info.st_size)
  }
}
