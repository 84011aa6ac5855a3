public import Foundation
import GRDB
import XMLSecurity

/// What a backup or a restore has done.
public struct BackupSummary: Hashable, Sendable {
  /// When the database's state was taken.
  public let taken: Date
  public let files: Int
  /// In bytes.
  public let size: Int
}

extension Relay {
  /// Takes a backup of the data folder into a new folder, while a node may be running on it: the database in one state,
  /// and every file that it names.
  /// - Parameters:
  ///   - first: names in the data folder to copy before the database, where they are there: what must not be newer than it.
  ///   - keys: the file that the data keys of messages go into, instead of into the backup; it is replaced.
  public func backUp(into folder: URL, first: [String] = [], keys: URL? = nil) throws -> BackupSummary {
    try Self.checkEmpty(folder)
    if let keys { try Self.checkApart(keys, from: [folder, settings.data]) }
    let spool = try Spool(folder: folder)
    let lock = try BackupLock(store.layout)
    defer { withExtendedLifetime(lock) {} }
    var copy = BackupCopy(from: settings.data, to: spool.folder, mayLink: false)
    // 1. What must not be newer than the database. Small files, written in place: copied, never linked.
    for name in first where FileManager.default.fileExists(atPath: settings.data.appending(path: name).path) {
      try copy.take(name)
    }
    // 2. The database. VACUUM INTO reads one state and hinders no writer.
    let taken = Date()
    let database = folder.appending(path: store.layout.database.lastPathComponent)
    try store.pool.writeWithoutTransaction { db in
      try db.execute(sql: "VACUUM INTO ?", arguments: [database.path])
    }
    if let keys { try BackupKeys.takeOut(of: database, into: keys) }
    try copy.seal(database)
    // 3. The files that the copy's rows name. They never change, so a link to one is as good as a copy of it.
    copy.mayLink = true
    var configuration = Configuration()
    configuration.readonly = true
    let (names, migrations) = try DatabaseQueue(path: database.path, configuration: configuration).read { db in
      (try NamedFiles.all(in: db, store.layout), try StoreSchema.migrator(inbox).appliedIdentifiers(db))
    }
    for name in names { try copy.take(name) }
    try copy.syncFolders()
    // 4. The list of all that, last.
    let manifest = BackupManifest(
      taken: taken, migrations: migrations.sorted(), files: copy.files, keysApart: keys != nil)
    try manifest.write(into: spool)
    store.layout.noteBackup()
    return BackupSummary(taken: taken, files: copy.files.count, size: copy.files.reduce(0) { $0 + $1.size })
  }

  /// Keys that lie in what they open would be in every copy of it.
  private static func checkApart(_ keys: URL, from folders: [URL]) throws(BackupProblem) {
    func path(_ url: URL) -> [String] { url.standardizedFileURL.resolvingSymlinksInPath().pathComponents }
    let place = path(keys.deletingLastPathComponent())
    for folder in folders where place.starts(with: path(folder)) { throw .keysNotApart(folder.path) }
  }

  static func checkEmpty(_ folder: URL) throws(BackupProblem) {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else {
      guard !FileManager.default.fileExists(atPath: folder.path) else { throw .noFolder(folder.path) }
      return
    }
    guard names.isEmpty else { throw .notEmpty(folder.path) }
  }
}

/// The files that a database's rows name, as paths in the data folder.
enum NamedFiles {
  static func all(in db: Database, _ layout: DataLayout) throws -> [String] {
    let queries: [(String, (String, ParticipantID) -> URL)] = [
      ("SELECT participant, file || '.xhe' FROM reception WHERE file IS NOT NULL", layout.sealedFile),
      // A message receipt's envelope is in the row.
      (
        "SELECT participant, file || '.xhe' FROM transfer WHERE file IS NOT NULL AND envelope IS NULL",
        layout.sealedFile
      ),
      // An AS4 message goes when its exchange ends.
      (
        "SELECT participant, file || '.as4' FROM transfer WHERE file IS NOT NULL AND state = 'queued'",
        layout.sealedFile
      ),
      ("SELECT participant, file FROM attachment", layout.messageFile),
      ("SELECT participant, file FROM heldFile", layout.messageFile),
      ("SELECT participant, file FROM quarantinedFile", layout.quarantineFile),
    ]
    var found: Set<String> = []
    for (query, place) in queries {
      let rows = try Row.fetchCursor(db, sql: query)
      while let row = try rows.next() {
        let file = place(row[1], try ParticipantID(row[0]))
        found.insert(String(file.path.dropFirst(layout.folder.path.count).drop { $0 == "/" }))
      }
    }
    return found.sorted()
  }
}
