package import Foundation
package import GRDB
import XMLSecurity

/// A copy of some of the node's tables, for trying on it what is to leave nothing: nobody who writes in the node's database waits
/// meanwhile. Its file lies among the temporary ones, closed to others, and goes with it.
package final class ScratchDatabase: Sendable {
  private let queue: DatabaseQueue
  private let file: URL

  /// - Parameters:
  ///   - tables: copied with what is in them.
  ///   - forms: copied without.
  init(of database: URL, copying tables: [String], forms: [String], keys: StorageKeys, in folder: URL) throws {
    let file = folder.appending(path: "scratch-\(randomUUID().uuidString)")
    let descriptor = Foundation.open(file.path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw StoreProblem.cannotOpen("\(file.path): \(String(cString: strerror(errno)))") }
    Foundation.close(descriptor)
    self.file = file
    var configuration = Configuration()
    configuration.foreignKeysEnabled = false
    configuration.label = "scratch"
    configuration.prepareDatabase { db in
      try db.execute(sql: "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY")
      SealFunctions.add(keys, to: db)
    }
    queue = try DatabaseQueue(path: file.path, configuration: configuration)
    try queue.writeWithoutTransaction { db in
      try db.execute(sql: "ATTACH DATABASE ? AS node", arguments: [database.path])
      try db.inTransaction {
        for table in tables + forms { try Self.copy(table, isFilled: tables.contains(table), in: db) }
        return .commit
      }
      try db.execute(sql: "DETACH DATABASE node")
    }
  }

  deinit { unlink(file.path) }

  package func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
    try await queue.write(body)
  }

  private static func copy(_ table: String, isFilled: Bool, in db: Database) throws {
    let forms = try Row.fetchAll(
      db,
      sql: """
        SELECT type, sql FROM node.sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY type <> 'table'
        """, arguments: [table])
    guard let form = forms.first, form["type"] == "table" else {
      throw DatabaseError(message: "there is no table \(table)")
    }
    try db.execute(sql: form["sql"])
    if isFilled { try db.execute(sql: "INSERT INTO main.\"\(table)\" SELECT * FROM node.\"\(table)\"") }
    // Filled first and ordered then, which takes less time.
    for form in forms.dropFirst() { try db.execute(sql: form["sql"]) }
  }
}

extension Relay {
  /// A copy of the tables as they are now.
  /// - Parameters:
  ///   - tables: by name, copied with what is in them.
  ///   - forms: copied without.
  package func scratch(copying tables: [String], forms: [String] = []) throws -> ScratchDatabase {
    try ScratchDatabase(
      of: store.layout.database, copying: tables, forms: forms, keys: settings.storage, in: store.layout.incoming)
  }
}
