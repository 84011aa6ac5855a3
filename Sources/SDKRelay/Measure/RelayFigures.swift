public import Foundation
import GRDB
import XMLSecurity

/// How many messages there are of one direction and status.
public struct MessageCount: Hashable, Sendable {
  public let direction: MessageDirection
  public let status: MessageStatus
  public let messages: Int
}

/// How the relay stands, in numbers without names.
public struct RelayFigures: Hashable, Sendable {
  /// Work of one kind.
  public struct Queue: Hashable, Sendable {
    public internal(set) var waiting = 0
    public internal(set) var running = 0
    /// How long the first of it has been due, in seconds; nought where nothing is.
    public internal(set) var overdue = 0.0

    public init() {}
  }

  /// By the kind of work: `send`, `send large`, `open`, `open large`, `receiptClock` and `suspect`.
  public internal(set) var queues: [String: Queue] = [:]
  public internal(set) var messages: [MessageCount] = []
  /// Sent messages that wait for their message receipt longer than an operator was told of.
  public internal(set) var late = 0
  public internal(set) var setAside = 0
  /// The alarms of the last day, at most 10,000.
  public internal(set) var alarms = 0
  /// When the newest event was written.
  public internal(set) var newestEvent: Date?
  /// In bytes.
  public internal(set) var databaseBytes = 0
  /// The database's log that waits to become part of it, in bytes.
  public internal(set) var walBytes = 0
  /// In bytes; nil where the file system does not say.
  public internal(set) var freeBytes: Int?
  /// When the last backup was taken, as far as this data folder knows.
  public internal(set) var lastBackup: Date?

  public static let lanes = ["send", "send large", "open", "open large", "receiptClock", "suspect"]
}

extension Relay {
  /// The figures now. What is counted is waiting work and what was set aside, never the messages.
  public func figures(now: Date = Date()) throws -> RelayFigures {
    var figures = try store.read { db in
      var figures = RelayFigures()
      for lane in RelayFigures.lanes { figures.queues[lane] = .init() }
      let waiting = try Row.fetchCursor(db.cachedStatement(sql: Self.waiting))
      while let row = try waiting.next() {
        let lane = Self.kind(row["lane"])
        figures.queues[lane, default: .init()].waiting += row["jobs"] as Int
        let overdue = max(0, now.timeIntervalSince(Date(milliseconds: row["due"])))
        figures.queues[lane, default: .init()].overdue = max(figures.queues[lane]?.overdue ?? 0, overdue)
      }
      let running = try Row.fetchCursor(db.cachedStatement(sql: Self.running))
      while let row = try running.next() {
        figures.queues[Self.kind(row["lane"]), default: .init()].running += row["jobs"] as Int
      }
      figures.messages = try MessageCountTable.all(in: db)
      figures.late = try MessageCountTable.late(in: db)
      figures.setAside = try Int.fetchOne(db, sql: "SELECT count(*) FROM setAside") ?? 0
      let alarms = try Int64.fetchCursor(db, sql: "SELECT at FROM event WHERE isAlarm ORDER BY id DESC LIMIT 10000")
      while let at = try alarms.next(), Date(milliseconds: at) > now.addingTimeInterval(-86_400) { figures.alarms += 1 }
      figures.newestEvent = try Int64.fetchOne(db, sql: "SELECT at FROM event ORDER BY id DESC LIMIT 1")
        .map(Date.init(milliseconds:))
      return figures
    }
    let database = store.layout.database.path
    figures.databaseBytes = FileInformation(path: database)?.size ?? 0
    figures.walBytes = FileInformation(path: database + "-wal")?.size ?? 0
    figures.freeBytes = freeBytes
    figures.lastBackup = store.layout.lastBackup
    return figures
  }

  /// Commits something, which shows that the database takes what is written.
  public func probe() async throws {
    try await store.write { db in
      try db.change(
        sql: "INSERT INTO probe (id, at) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET at = excluded.at",
        arguments: [Date().milliseconds])
    }
  }

  /// Room for the data folder in bytes; nil where the file system does not say.
  public var freeBytes: Int? { DiskRoom(folder: settings.data, reserve: 0).freeBytes }

  /// How long ago the workers looked at the queue; nil where they do not run in this process.
  public var workersSeen: Duration? { pulse.age }

  // Each by its own index: `jobDue` and `jobLeased`.
  private static let waiting =
    "SELECT lane, count(*) AS jobs, min(dueAt) AS due FROM job WHERE leasedBy IS NULL GROUP BY lane"
  private static let running = "SELECT lane, count(*) AS jobs FROM job WHERE leasedBy IS NOT NULL GROUP BY lane"

  /// What a lane is for, without whom.
  private static func kind(_ lane: String) -> String {
    let large = Lane.isLarge(lane) ? " large" : ""
    if lane.hasPrefix(Lane.sending) { return "send" + large }
    if lane.hasPrefix(Lane.opening) { return "open" + large }
    return lane == Lane.receiptClock ? lane : Job.suspects
  }
}
