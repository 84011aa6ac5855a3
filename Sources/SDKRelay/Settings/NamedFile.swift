import Foundation
import XMLSecurity

/// Why a file that a person named cannot be read.
public struct FileProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// The path as it was named.
  public let path: String
  /// What is wrong, to be read after the path: `is a folder`.
  public let reason: String
  /// Whether it could be read, and holds more than was asked for.
  public let isTooLarge: Bool

  /// A problem found elsewhere than in ``NamedFile``.
  public init(path: String, reason: String) {
    self.init(path: path, reason: reason, isTooLarge: false)
  }

  init(path: String, reason: String, isTooLarge: Bool) {
    self.path = path
    self.reason = reason
    self.isTooLarge = isTooLarge
  }

  public var description: String { "\(path) \(reason)" }
}

/// A file that a person named, in settings or on the command line, looked at before it is opened: opening a pipe may
/// wait for ever, and a device may never end.
public enum NamedFile {
  /// The size in bytes of a regular file that may be read.
  @discardableResult
  public static func size(_ path: String) throws(FileProblem) -> Int {
    let information = try existing(path)
    guard information.isRegular else { throw FileProblem(path: path, reason: "is no regular file") }
    guard access(path, R_OK) == 0 else { throw problem(path, errno) }
    return information.size
  }

  /// All bytes of a small file, up to a limit in bytes. It may be a pipe, as a shell's `<(…)` is.
  public static func read(_ path: String, limit: Int) throws(FileProblem) -> [UInt8] {
    _ = try existing(path)
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw problem(path, errno) }
    defer { close(descriptor) }
    return try read(descriptor, named: path, limit: limit)
  }

  /// All bytes that an open file still has, up to a limit in bytes.
  public static func read(_ descriptor: Int32, named path: String, limit: Int) throws(FileProblem) -> [UInt8] {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Foundation.read(descriptor, &piece, piece.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw problem(path, errno) }
      guard count > 0 else { return bytes }
      guard bytes.count + count <= limit else {
        throw FileProblem(path: path, reason: "is larger than \(limit) bytes", isTooLarge: true)
      }
      bytes += piece[..<count]
    }
  }

  private static func existing(_ path: String) throws(FileProblem) -> FileInformation {
    guard let information = FileInformation(path: path) else { throw problem(path, errno) }
    guard !information.isFolder else { throw FileProblem(path: path, reason: "is a folder") }
    return information
  }

  private static func problem(_ path: String, _ code: Int32) -> FileProblem {
    switch code {
    case ENOENT, ENOTDIR: FileProblem(path: path, reason: "does not exist")
    case EACCES, EPERM: FileProblem(path: path, reason: "may not be read by this user")
    default: FileProblem(path: path, reason: "cannot be read: \(String(cString: strerror(code)))")
    }
  }
}
