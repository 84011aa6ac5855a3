import Foundation
import XMLSecurity

/// Copies files from one folder to another under the same relative paths, synced, and keeps their digests.
struct BackupCopy {
  let source: URL
  let target: URL
  /// Whether a file on the same disk may become a second name of the same bytes.
  var mayLink: Bool
  private(set) var files: [BackupManifest.File] = []
  private var folders: Set<URL> = []

  init(from source: URL, to target: URL, mayLink: Bool) {
    (self.source, self.target, self.mayLink) = (source, target, mayLink)
  }

  mutating func take(_ path: String) throws {
    let from = source.appending(path: path, directoryHint: .notDirectory)
    let to = target.appending(path: path, directoryHint: .notDirectory)
    let spool = try folder(to.deletingLastPathComponent())
    guard FileInformation(path: from.path)?.isRegular == true else { throw BackupProblem.fileMissing(path) }
    let digest: DigestSink
    let size: Int
    if mayLink, link(from.path, to.path) == 0 {
      digest = DigestSink(.sha256)
      let counted = CountingSink(next: digest)
      try readFile(to, into: counted)
      size = counted.count
    } else {
      let file = try spool.create()
      digest = DigestSink(.sha256, next: file)
      try readFile(from, into: digest)
      size = file.size
      try file.place(as: to.lastPathComponent)
    }
    files.append(BackupManifest.File(path: path, size: size, sha256: Hexadecimal.encode(digest.digest())))
  }

  /// Takes a file into account that was written into the target by others.
  mutating func seal(_ file: URL) throws {
    let descriptor = open(file.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw SpoolProblem.unavailable(errno) }
    defer { close(descriptor) }
    guard fchmod(descriptor, 0o600) == 0, fsync(descriptor) == 0 else { throw SpoolProblem.notDurable(errno) }
    let digest = DigestSink(.sha256)
    let counted = CountingSink(next: digest)
    try readFile(descriptor: descriptor, into: counted)
    files.append(
      BackupManifest.File(
        path: file.lastPathComponent, size: counted.count, sha256: Hexadecimal.encode(digest.digest())))
  }

  /// Makes the names durable.
  func syncFolders() throws {
    for folder in folders { try syncFolder(folder) }
    try syncFolder(target)
  }

  /// The folder, made with every one above it up to the target.
  private mutating func folder(_ url: URL) throws -> Spool {
    var parent = url
    while parent.path.count > target.path.count, folders.insert(parent).inserted {
      parent = parent.deletingLastPathComponent()
    }
    return try Spool(folder: url)
  }
}
