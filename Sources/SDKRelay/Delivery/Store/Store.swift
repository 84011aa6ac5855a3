package import Foundation
package import GRDB
import XMLSecurity

/// Why the store cannot be used.
public enum StoreProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// The folder or the database cannot be opened.
  case cannotOpen(String)
  /// A newer version of the program has written the database.
  case newerSchema
  /// SQLite does not sync every commit: accepted would not mean stored.
  case notDurable
  /// Another process runs on the same data folder.
  case inUse
  /// SQLite finds the database's file broken.
  case damaged

  public var description: String {
    switch self {
    case .cannotOpen(let reason): "the data folder cannot be opened: \(reason)"
    case .newerSchema: "the data folder belongs to a newer version of this program"
    case .notDurable: "the database does not sync its commits"
    case .inUse: "another process runs on this data folder"
    case .damaged: "the database is damaged: restore a backup"
    }
  }
}

/// The node's durable memory: SQLite in WAL mode, every commit synced (`synchronous` = FULL).
///
/// Format: `StoreSchema`. Invariants: what a caller was told is accepted has been committed; a signed receipt leaves
/// only after its commit; a file is synced under its final name before the row that names it is committed; statuses
/// only move forward and each change has an event row in the same transaction.
final class Store: Sendable {
  let pool: DatabasePool
  let layout: DataLayout
  let commits: GroupCommit

  /// Opens the store in the folder and brings its schema up to date.
  /// - Parameters:
  ///   - keys: what it stores is sealed with.
  ///   - inbox: whose tables stand beside the relay's.
  init(folder: URL, keys: StorageKeys, inbox: (any Inbox)? = nil) throws(StoreProblem) {
    layout = DataLayout(folder: folder)
    do {
      for directory in [folder, layout.incoming] { _ = try Spool(folder: directory) }
      try Self.close(layout)
      // Two that open a new folder at once would both make its tables.
      let layout = layout
      pool = try exclusively(layout.openLock) { try Self.open(layout.database, keys, inbox) }
    } catch let problem as StoreProblem {
      throw problem
    } catch let error as DatabaseError where Self.isDamage(error) {
      throw .damaged
    } catch {
      throw .cannotOpen("\(error)")
    }
    commits = GroupCommit(pool)
  }

  private static func open(_ database: URL, _ keys: StorageKeys, _ inbox: (any Inbox)?) throws -> DatabasePool {
    var configuration = Configuration()
    configuration.foreignKeysEnabled = true
    configuration.busyMode = .timeout(5)
    configuration.label = "store"
    // A savepoint's undo log would otherwise be a file of its own, each time.
    configuration.prepareDatabase { db in
      try db.execute(sql: "PRAGMA temp_store = MEMORY")
      // What is deleted is overwritten: a data key that is gone must be gone from the file too.
      try db.execute(sql: "PRAGMA secure_delete = ON")
      SealFunctions.add(keys, to: db)
    }
    let pool = try DatabasePool(path: database.path, configuration: configuration)
    // DatabasePool sets NORMAL when it opens: a power cut would then lose what was accepted.
    try pool.writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA synchronous = FULL")
      guard try Int.fetchOne(db, sql: "PRAGMA synchronous") == 2 else { throw StoreProblem.notDurable }
    }
    let migrator = StoreSchema.migrator(inbox)
    guard try !pool.read({ try StoreSchema.isNewer($0, than: migrator, inbox) }) else { throw StoreProblem.newerSchema }
    try migrator.migrate(pool)
    return pool
  }

  /// Closes folder and database to others. The database's file is there before SQLite opens it, because SQLite gives
  /// the log beside it the same mode.
  private static func close(_ layout: DataLayout) throws {
    let descriptor = Foundation.open(layout.database.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0, fchmod(descriptor, 0o600) == 0, chmod(layout.folder.path, 0o700) == 0 else {
      throw StoreProblem.cannotOpen("\(layout.folder.path): \(String(cString: strerror(errno)))")
    }
    Foundation.close(descriptor)
  }

  /// Looks through the whole database for damage, which takes about a second a gigabyte.
  func checkWhole() throws {
    do {
      let findings = try pool.read { try String.fetchAll($0, sql: "PRAGMA quick_check(1)") }
      guard findings == ["ok"] else { throw StoreProblem.damaged }
    } catch let error as DatabaseError where Self.isDamage(error) {
      throw StoreProblem.damaged
    }
  }

  private static func isDamage(_ error: DatabaseError) -> Bool {
    error.resultCode == .SQLITE_CORRUPT || error.resultCode == .SQLITE_NOTADB
  }

  /// Runs the closure in one transaction and returns once it is durable. Concurrent callers share a sync.
  func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
    try await commits.write(body)
  }

  /// Every statement of the closure sees the same state.
  func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
    try pool.read(body)
  }

  /// For a single statement, which sees one state without a transaction around it, at a third of the cost.
  func readOnce<Value>(_ body: (Database) throws -> Value) throws -> Value {
    try pool.unsafeRead(body)
  }
}

extension Database {
  /// Executes a statement that each connection prepares once.
  package func change(sql: String, arguments: StatementArguments = []) throws {
    try cachedStatement(sql: sql).execute(arguments: arguments)
  }

  /// The first row of a query that each connection prepares once.
  package func row(sql: String, arguments: StatementArguments) throws -> Row? {
    try Row.fetchOne(cachedStatement(sql: sql), arguments: arguments)
  }
}

extension Date {
  /// As stored: whole milliseconds since 1970.
  package var milliseconds: Int64 { Int64((timeIntervalSince1970 * 1_000).rounded()) }

  package init(milliseconds: Int64) {
    self.init(timeIntervalSince1970: Double(milliseconds) / 1_000)
  }

  func adding(_ duration: Duration) -> Date {
    addingTimeInterval(duration.seconds)
  }
}

extension Duration {
  package var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
