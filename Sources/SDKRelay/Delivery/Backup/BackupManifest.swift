import Foundation
import XMLSecurity

/// `backup.json`: what a backup holds. It is written last, so that a folder without it is a backup that was not finished.
///
/// ```
/// DIR/audit.key, audit.head      the audit trail's secret and its end, taken before the database
/// DIR/relay.sqlite               the database in one state, without `messageKey` and `searchKey` where the keys are apart
/// DIR/participants/…             the files that the database's rows name, as in the data folder
/// DIR/backup.json                this
/// ```
/// Paths are relative, with `/`, and made of the node's own names.
struct BackupManifest: Codable {
  struct File: Codable, Hashable {
    let path: String
    /// In bytes.
    let size: Int
    let sha256: String
  }

  static let current = 1
  static let name = "backup.json"

  var format = current
  /// When the database's state was taken.
  let taken: Date
  /// The schema's migrations, all that are in the database.
  let migrations: [String]
  let files: [File]
  /// Whether the data keys of messages are in a file of their own, and not in the backup.
  var keysApart: Bool?

  static func read(_ folder: URL) throws(BackupProblem) -> BackupManifest {
    let file = folder.appending(path: name)
    guard FileInformation(path: folder.path)?.isFolder == true else { throw .noFolder(folder.path) }
    guard FileManager.default.fileExists(atPath: file.path) else { throw .unfinished(folder.path) }
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    guard let data = try? Data(contentsOf: file), let manifest = try? decoder.decode(Self.self, from: data),
      manifest.format == current, manifest.files.allSatisfy({ isPlain($0.path) })
    else { throw .wrong("\(file.path) is no backup's list of files that this version can read") }
    return manifest
  }

  func write(into spool: Spool) throws {
    let encoder = JSONEncoder.stable(.prettyPrinted)
    encoder.dateEncodingStrategy = .iso8601
    let file = try spool.create()
    try file.write([UInt8](encoder.encode(self)))
    try file.keep(as: Self.name)
  }

  /// Nothing that leaves the folder.
  private static func isPlain(_ path: String) -> Bool {
    !path.isEmpty && !path.hasPrefix("/")
      && path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { !$0.isEmpty && !$0.hasPrefix(".") }
  }
}

/// Why there is no backup, or none can be restored.
public enum BackupProblem: Error, Hashable, Sendable, CustomStringConvertible {
  case noFolder(String)
  case notEmpty(String)
  /// The folder has no list of files: the backup was broken off.
  case unfinished(String)
  /// What the backup holds is not what was taken.
  case wrong(String)
  /// A file that the database names is not there.
  case fileMissing(String)
  /// The backup was taken without the data keys of messages, and no file with them is given.
  case keysApart
  /// The file with the data keys would lie in the folder that they are to be apart from.
  case keysNotApart(String)
  /// The file holds no data keys.
  case noKeys(String)
  case busy
  case inUse(String)

  public var description: String {
    switch self {
    case .noFolder(let path): "\(path) is no folder"
    case .notEmpty(let path): "\(path) is not empty"
    case .unfinished(let path): "\(path) holds no finished backup: \(BackupManifest.name) is missing"
    case .wrong(let what): what
    case .keysNotApart(let path): "the keys are to lie apart from \(path)"
    case .fileMissing(let path): "the database names \(path), which is not there"
    case .keysApart:
      "the backup was taken without the messages' keys, and nothing in it could be read: give their file with --keys"
    case .noKeys(let path): "\(path) is no file with messages' keys"
    case .busy: "another backup of this data folder is running"
    case .inUse(let path): "a node runs on \(path)"
    }
  }
}
