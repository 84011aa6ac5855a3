import Foundation
import XMLSecurity

/// Where a package's files go: a folder or a zip file, which is there whole in the end or not at all.
protocol ArchiveTarget: AnyObject {
  /// Writes a file, a chunk at a time.
  /// - Parameter path: relative to the package's root folder, of plain words.
  func add(_ path: String, _ mediaType: String, _ write: (any ByteSink) throws -> Void) throws -> ArchivedFile
  /// Gives the package its final name, durably.
  /// - Throws: ``ArchiveProblem/exists(_:)`` where something has the name.
  func finish() throws
  /// Removes what has been written, unless it is finished.
  func discard()
}

/// A package as a folder: made beside its place under a temporary name.
final class FolderTarget: ArchiveTarget {
  private let final: URL
  private let new: URL
  private var folders: Set<URL> = []
  private var isFinished = false

  /// - Parameter folder: the folder in which the package's root folder will be.
  init(_ id: String, in folder: URL) throws {
    final = folder.appending(path: id, directoryHint: .isDirectory)
    new = folder.appending(path: SpoolFile.temporaryPrefix + id, directoryHint: .isDirectory)
    _ = try Spool(folder: folder)
  }

  func add(_ path: String, _ mediaType: String, _ write: (any ByteSink) throws -> Void) throws -> ArchivedFile {
    precondition(ZipFormat.isPlain(path), "a file has a plain name")
    let url = new.appending(path: path, directoryHint: .notDirectory)
    var folder = url.deletingLastPathComponent()
    let file = try Spool(folder: folder).create()
    while folder.path.count >= new.path.count, folders.insert(folder).inserted {
      folder = folder.deletingLastPathComponent()
    }
    let digest = DigestSink(.sha256, next: PartSink(of: file))
    try write(digest)
    try file.place(as: url.lastPathComponent)
    return ArchivedFile(path: path, mediaType: mediaType, size: file.size, sha256: Hexadecimal.encode(digest.digest()))
  }

  func finish() throws {
    for folder in folders { try syncFolder(folder) }
    guard !FileManager.default.fileExists(atPath: final.path) else { throw ArchiveProblem.exists(final.path) }
    guard rename(new.path, final.path) == 0 else {
      if errno == EEXIST || errno == ENOTEMPTY { throw ArchiveProblem.exists(final.path) }
      throw SpoolProblem.unavailable(errno)
    }
    isFinished = true
    try syncFolder(final.deletingLastPathComponent())
  }

  func discard() {
    if !isFinished { try? FileManager.default.removeItem(at: new) }
  }
}

/// A package as a zip file, which unpacks to its root folder.
final class ZipTarget: ArchiveTarget {
  private let id: String
  private let final: URL
  private let file: SpoolFile
  private let zip: ZipWriter

  init(_ id: String, as final: URL) throws {
    self.id = id
    self.final = final
    file = try Spool(folder: final.deletingLastPathComponent()).create()
    zip = ZipWriter(file, maximumEntries: ArchiveLayout.mostFiles)
  }

  func add(_ path: String, _ mediaType: String, _ write: (any ByteSink) throws -> Void) throws -> ArchivedFile {
    var size = 0
    let sha256 = try zip.add("\(id)/\(path)") { sink in
      let counted = CountingSink(next: sink)
      try write(counted)
      size = counted.count
    }
    return ArchivedFile(path: path, mediaType: mediaType, size: size, sha256: Hexadecimal.encode(sha256))
  }

  func finish() throws {
    try zip.finish()
    guard try file.link(as: final) else { throw ArchiveProblem.exists(final.path) }
  }

  func discard() { file.discard() }
}

extension SpoolFile {
  /// Makes the file durable under a name in its folder's disk; unlike a renaming, this never replaces a file.
  /// - Returns: false where something has the name.
  func link(as final: URL) throws -> Bool {
    try sync()
    guard Foundation.link(temporaryURL.path, final.path) == 0 else {
      if errno == EEXIST { return false }
      throw SpoolProblem.unavailable(errno)
    }
    try syncFolder(final.deletingLastPathComponent())
    return true
  }
}
