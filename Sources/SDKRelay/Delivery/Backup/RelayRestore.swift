public import Foundation
import XMLSecurity

extension Relay {
  /// Restores a backup into a data folder that is not there yet or empty. The backup is read twice: nothing is put in
  /// place before every file has turned out to be what was taken.
  /// - Parameter keys: the file with the data keys of messages, where the backup was taken without them. They take the
  ///   place of any that are in the backup.
  public static func restore(_ backup: URL, into data: URL, keys: URL? = nil) throws -> BackupSummary {
    guard !ServeLock.isHeld(DataLayout(folder: data).lock) else { throw BackupProblem.inUse(data.path) }
    try checkEmpty(data)
    let manifest = try BackupManifest.read(backup)
    guard keys != nil || manifest.keysApart != true else { throw BackupProblem.keysApart }
    for file in manifest.files { try check(file, in: backup) }
    // Beside the data folder, which then gets its name in one step.
    let parent = data.standardizedFileURL.deletingLastPathComponent()
    let new = parent.appending(path: ".restoring-\(UUID().uuidString)", directoryHint: .isDirectory)
    do {
      var copy = BackupCopy(from: backup, to: try Spool(folder: new).folder, mayLink: false)
      for file in manifest.files { try copy.take(file.path) }
      guard copy.files == manifest.files else { throw BackupProblem.wrong("\(backup.path) changed while it was read") }
      if let keys { try BackupKeys.putBack(keys, into: DataLayout(folder: new).database) }
      try copy.syncFolders()
      guard rename(new.path, data.path) == 0 else {
        throw errno == ENOTEMPTY || errno == EEXIST
          ? BackupProblem.notEmpty(data.path) : SpoolProblem.unavailable(errno)
      }
      try syncFolder(parent)
    } catch {
      try? FileManager.default.removeItem(at: new)
      throw error
    }
    return BackupSummary(
      taken: manifest.taken, files: manifest.files.count, size: manifest.files.reduce(0) { $0 + $1.size })
  }

  private static func check(_ file: BackupManifest.File, in backup: URL) throws {
    let url = backup.appending(path: file.path)
    guard let information = FileInformation(path: url.path), information.isRegular else {
      throw BackupProblem.wrong("the backup lacks \(file.path)")
    }
    let digest = DigestSink(.sha256)
    if information.size == file.size { try readFile(url, into: digest) }
    guard information.size == file.size, Hexadecimal.encode(digest.digest()) == file.sha256 else {
      throw BackupProblem.wrong("in the backup \(file.path) is not what was taken")
    }
  }
}
