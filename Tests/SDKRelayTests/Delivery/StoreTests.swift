import Foundation
import GRDB
import Logging
import Synchronization
import Testing
import XMLSecurity

@testable import SDKRelay

@Suite("The durable store")
struct StoreTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "sdk-relay-\(UUID().uuidString)")
  private let now = Date(timeIntervalSince1970: 1_700_000_000)
  private var participant: ParticipantID { get throws { try ParticipantID("0203:a.example.se") } }

  private func withStore(_ body: (Store) async throws -> Void) async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(try Store(folder: folder))
  }

  private func add(_ store: Store, _ subject: Int64, lane: String = "send x", due: Date? = nil) async throws {
    let (participant, due) = (try participant, due ?? now)
    try await store.write { db in
      try JobQueue.add(.send, subject: subject, participant: participant, lane: lane, due: due, in: db)
    }
  }

  private func claim(_ store: Store, lane: String = "send x", at time: Date? = nil) async throws -> Job? {
    let time = time ?? now
    return try await store.write { db in
      try JobQueue.claim(lane: lane, by: "p", now: time, in: db)
    }
  }

  @Test("SDK-MT-02: every commit is synced: synchronous is FULL on the connection that writes, in WAL mode")
  func durable() async throws {
    try await withStore { store in
      let modes = try await store.pool.writeWithoutTransaction { db in
        (
          try Int.fetchOne(db, sql: "PRAGMA synchronous"), try String.fetchOne(db, sql: "PRAGMA journal_mode"),
          try Int.fetchOne(db, sql: "PRAGMA foreign_keys")
        )
      }
      #expect(modes.0 == 2)
      #expect(modes.1 == "wal")
      #expect(modes.2 == 1)
    }
  }

  @Test("Q11: a database of a newer version is refused and left as it is")
  func newer() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    do {
      let store = try Store(folder: folder)
      try await store.write { db in
        try db.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('relay 99 from the future')")
      }
    }
    #expect(throws: StoreProblem.newerSchema) { try Store(folder: folder) }
  }

  @Test("a new data folder may be opened by many at once")
  func manyAtOnce() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    for round in 0..<10 {
      let folder = folder.appending(path: "\(round)")
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<8 { group.addTask { _ = try Store(folder: folder) } }
        try await group.waitForAll()
      }
    }
  }

  @Test("W11: folders and the database are closed to others")
  func modes() async throws {
    try await withStore { store in
      _ = try store.layout.messages(try participant)
      for (url, mode) in [
        (folder, 0o700), (store.layout.database, 0o600), (try store.layout.messages(try participant).folder, 0o700),
      ] {
        let value = try FileManager.default.attributesOfItem(atPath: url.path)[.posixPermissions] as? NSNumber
        #expect(value?.intValue == mode, "\(url.lastPathComponent)")
      }
    }
  }

  @Test("W11: a data folder that was open to others is closed, and so is the log beside the database")
  func tightened() async throws {
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    try await withStore { store in
      try await store.write { db in try EventLog.add(NewEvent(text: "x"), at: Date(), in: db) }
      for (path, mode) in [(folder.path, 0o700), (store.layout.database.path + "-wal", 0o600)] {
        let value = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber
        #expect(value?.intValue == mode, "\(path)")
      }
    }
  }

  @Test("group commit: of many writers at once only the one that fails fails")
  func groups() async throws {
    try await withStore { store in
      struct Refused: Error {}
      let results = await withTaskGroup(of: Bool.self) { group in
        for number in 0..<50 {
          group.addTask {
            do {
              try await store.write { db in
                try EventLog.add(NewEvent(text: "event \(number)"), at: Date(), in: db)
                if number == 25 { throw Refused() }
              }
              return true
            } catch {
              return false
            }
          }
        }
        return await group.reduce(into: [Bool]()) { $0.append($1) }
      }
      #expect(results.filter { !$0 }.count == 1)
      let events = try store.events(after: 0, limit: 100)
      #expect(events.count == 49)
      #expect(!events.contains { $0.text == "event 25" })
    }
  }

  @Test("jobs are claimed in the order they are due, and none before its time")
  func order() async throws {
    try await withStore { store in
      try await add(store, 1, due: now.addingTimeInterval(2))
      try await add(store, 2, due: now.addingTimeInterval(1))
      try await add(store, 3, due: now.addingTimeInterval(60))
      let later = now.addingTimeInterval(10)
      #expect(try await claim(store) == nil)
      #expect(try await claim(store, at: later)?.subject == 2)
      #expect(try await claim(store, at: later)?.subject == 1)
      #expect(try await claim(store, at: later) == nil)
    }
  }

  @Test("the same thing is queued once")
  func once() async throws {
    try await withStore { store in
      for _ in 0..<3 { try await add(store, 1) }
      #expect(try store.status().queued == 1)
    }
  }

  @Test("Q7: a full lane does not hide the others")
  func heads() async throws {
    try await withStore { store in
      for subject in 1...200 { try await add(store, Int64(subject), lane: "send dead") }
      try await add(store, 201, lane: "send well", due: now.addingTimeInterval(5))
      let lanes = try store.read { try JobQueue.lanes(in: $0) }
      #expect(lanes.map(\.lane) == ["send dead", "send well"])
      #expect(lanes.map(\.due) == [now, now.addingTimeInterval(5)])
    }
  }

  @Test("Q6: claiming goes by the index, so that it costs the same with 100,000 queued")
  func indexed() async throws {
    try await withStore { store in
      let plans = try store.read { db in
        try [JobQueue.claimSQL, JobQueue.lanesSQL].map { sql in
          let statement = try db.makeStatement(sql: "EXPLAIN QUERY PLAN \(sql)")
          let arguments: StatementArguments = sql == JobQueue.claimSQL ? ["p", "x", 1] : []
          return try Row.fetchAll(statement, arguments: arguments).map { $0["detail"] as String }
        }
      }
      for plan in plans {
        #expect(plan.contains { $0.contains("jobDue") })
        #expect(!plan.contains { $0.contains("SCAN job") || $0.contains("TEMP B-TREE") }, "\(plan)")
      }
    }
  }

  @Test("Q6: claiming costs the same with 1 and with 20,000 queued")
  func flat() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let measurement = try ClaimMeasurement(folder: folder)
    try await measurement.queue(0..<1)
    let alone = try await measurement.claim(times: 100)
    try await measurement.queue(1..<20_000)
    #expect(try await measurement.claim(times: 100) < alone * 5 + .milliseconds(1))
  }

  @Test("Q5: a start is counted before the work, and what was running when the process died runs alone")
  func suspects() async throws {
    try await withStore { store in
      try await add(store, 1)
      #expect(try await claim(store)?.attempts == 1)
      try await store.write { db in try JobQueue.releaseAll(in: db) }
      #expect(try await claim(store) == nil)
      let again = try #require(try await claim(store, lane: Job.suspects))
      #expect(again.attempts == 2)
      // An orderly end gives the job its own lane and a clean slate again.
      let now = now
      try await store.write { db in try JobQueue.postpone(again, until: now, lane: "send x", in: db) }
      #expect(try await claim(store)?.attempts == 1)
    }
  }

  @Test("Q5: a poison job is set aside at its fourth start, and others flow")
  func poison() async throws {
    try await withStore { store in
      struct Worker: SDKRelay.Worker {
        let store: Store
        func perform(_ job: Job) async throws -> JobEnd {
          try await store.write { db in try JobQueue.finish(job, in: db) }
          return .settled
        }
        func setAside(_ job: Job, reason: String, in db: Database) throws {
          try EventLog.add(NewEvent(text: "aside \(job.subject)", isAlarm: true), at: Date(), in: db)
        }
        func alarm(_ job: Job, _ text: String, in db: Database) throws {}
      }
      try await add(store, 1)
      for start in 1...3 {
        #expect(try await claim(store, lane: start == 1 ? "send x" : Job.suspects) != nil)
        try await store.write { db in try JobQueue.releaseAll(in: db) }
      }
      try await add(store, 2)
      let dispatcher = Dispatcher(
        store: store, gate: LaneGate(perDestination: 4, opening: 2), workers: [.send: Worker(store: store)],
        logger: Logger(label: "test") { _ in SilentLog() })
      let running = Task { try await dispatcher.run() }
      for _ in 0..<200 where try store.status().queued + store.status().running > 0 {
        try await Task.sleep(for: .milliseconds(20))
      }
      running.cancel()
      _ = await running.result
      #expect(try store.status().setAside == 1)
      #expect(try store.events(after: 0, limit: 10).map(\.text) == ["aside 1"])
    }
  }

  @Test("Q7: one participant's backlog does not stand before another's first message")
  func turns() async throws {
    try await withStore { store in
      for subject in 1...100 { try await add(store, Int64(subject), lane: "open many") }
      try await add(store, 101, lane: "open one", due: Date(timeIntervalSinceNow: -1))
      let worker = Recorder(store: store)
      let dispatcher = Dispatcher(
        store: store, gate: LaneGate(perDestination: 4, opening: 2), workers: [.send: worker],
        logger: Logger(label: "test") { _ in SilentLog() })
      let running = Task { try await dispatcher.run() }
      for _ in 0..<500 where worker.order.withLock({ $0.count }) < 101 { try await Task.sleep(for: .milliseconds(20)) }
      running.cancel()
      _ = await running.result
      let place = try #require(worker.order.withLock { $0.firstIndex(of: "open one") })
      #expect(place < 5)
    }
  }

  @Test("Q5: what keeps failing is set aside with its own reason, and an operator is told once of what is held")
  func reasons() async throws {
    try await withStore { store in
      let worker = Failing(store: store)
      try await add(store, 1)
      let dispatcher = Dispatcher(
        store: store, gate: LaneGate(perDestination: 4, opening: 2), workers: [.send: worker],
        logger: Logger(label: "test") { _ in SilentLog() })
      let running = Task { try await dispatcher.run() }
      for _ in 0..<500 where try store.status().setAside == 0 { try await Task.sleep(for: .milliseconds(20)) }
      running.cancel()
      _ = await running.result
      let reason = try store.read { try String.fetchOne($0, sql: "SELECT reason FROM setAside") }
      #expect(reason?.contains("broken beyond repair") == true)
    }
  }

  @Test("SDK-KVT-09: a message waits for its receipt under a clock, also when the alarm comes at once")
  func clockAtOnce() async throws {
    try await withStore { store in
      let (message, participant) = (try sample(), try participant)
      try await store.write { db in
        let row = try MessageTable.insert(message, now: Date(), event: "new", in: db)
        try ReceiptWait.begin(
          row, of: participant, clock: ReceiptClock(alarmAfter: .zero, timeout: .seconds(5)), now: Date(), in: db)
      }
      #expect(try await claim(store, lane: Lane.receiptClock, at: Date()) != nil)
    }
  }

  @Test("Q9: who has lost a job cannot end it, and a job nobody works on is given back without counting")
  func leases() async throws {
    try await withStore { store in
      try await add(store, 1)
      let job = try #require(try await claim(store))
      #expect(try store.read { try JobQueue.held(by: "p", in: $0) } == [job.id])
      try await store.write { db in try JobQueue.releaseLost(job.id, by: "p", in: db) }
      await #expect(throws: LeaseLost.self) { try await store.write { db in try JobQueue.finish(job, in: db) } }
      #expect(try await claim(store)?.attempts == 1)
    }
  }

  @Test("invariant 5: a step back is a fault, a repeated step is none, and each step has its event")
  func steps() async throws {
    try await withStore { store in
      let message = try sample()
      let row = try await store.write { db in
        try MessageTable.insert(message, now: Date(), event: "new", in: db)
      }
      func step(_ status: MessageStatus) async throws -> Bool {
        try await store.write { db in
          try MessageTable.step(row, to: status, event: "\(status)", now: Date(), in: db)
        }
      }
      #expect(try await step(.submitted))
      #expect(try await !step(.submitted))
      await #expect(throws: IllegalStep.self) { try await step(.scheduled) }
      #expect(try await step(.accepted))
      #expect(try await !step(.messageExchangeError))
      let stored = try #require(try store.messages(message.id, participant: nil).first)
      #expect(try store.events(of: stored).compactMap(\.status) == [.scheduled, .submitted, .accepted])
    }
  }

  @Test("SDK-AS4-15: what one participant has stored, another does not find")
  func apart() async throws {
    try await withStore { store in
      let message = try sample()
      try await store.write { db in _ = try MessageTable.insert(message, now: Date(), event: "new", in: db) }
      let other = try ParticipantID("0203:c.example.se")
      #expect(try store.messages(MessageFilter(participant: other)).isEmpty)
      #expect(try store.messages(message.id, participant: other).isEmpty)
      #expect(try store.messages(MessageFilter(participant: try ParticipantID("0203:A.example.se"))).count == 1)
      #expect(try store.layout.messages(other).folder != store.layout.messages(try participant).folder)
    }
  }

  @Test("lists come newest first, page by page, filtered")
  func lists() async throws {
    try await withStore { store in
      for _ in 0..<5 {
        let message = try sample()
        try await store.write { db in _ = try MessageTable.insert(message, now: Date(), event: "new", in: db) }
      }
      let first = try store.messages(MessageFilter(limit: 3))
      let rest = try store.messages(MessageFilter(limit: 3, before: first.last))
      #expect((first + rest).map(\.row) == [5, 4, 3, 2, 1])
      #expect(try store.messages(MessageFilter(direction: .incoming)).isEmpty)
      #expect(try store.messages(MessageFilter(statuses: [.scheduled, .new])).count == 5)
      #expect(try store.status().messages == [.scheduled: 5])
    }
  }

  @Test("invariants 6, 8: the janitor removes what a crash left, and nothing that has its row or is young")
  func janitor() async throws {
    try await withStore { store in
      let participant = try participant
      let message = try sample(file: "kept")
      try await store.write { db in _ = try MessageTable.insert(message, now: Date(), event: "new", in: db) }
      let spool = try store.layout.messages(participant)
      for name in ["kept", "orphan"] {
        let file = try spool.create()
        try file.write("x")
        try file.keep(as: name)
      }
      let incoming = store.layout.incoming.appending(path: ".tmp-left")
      try Data([1]).write(to: incoming)
      let janitor = Janitor(
        store: store, participants: [participant], duplicateWindow: .seconds(90 * 86_400),
        logger: Logger(label: "test") { _ in SilentLog() })
      janitor.clearIncoming()
      try await janitor.sweep(now: Date())
      #expect(spool.names().sorted() == ["kept", "orphan"])
      #expect(!FileManager.default.fileExists(atPath: incoming.path))
      try await janitor.sweep(now: Date().addingTimeInterval(3_700))
      #expect(spool.names() == ["kept"])
    }
  }

  @Test("one process runs on a data folder")
  func lock() async throws {
    try await withStore { store in
      let lock = try ServeLock(store.layout.lock)
      #expect(throws: StoreProblem.inUse) { try ServeLock(store.layout.lock) }
      #expect(try store.status().isServed)
      withExtendedLifetime(lock) {}
    }
  }

  private func sample(file: String? = nil) throws -> NewMessage {
    let party = MessageParty(
      id: try participant, label: nil, mailbox: try FunctionalAddress("sdk:box"), mailboxLabel: nil)
    let files = file.map {
      [StoredContent.File(name: "a.pdf", contentType: "application/pdf", size: 1, sha256: "00", storedName: $0)]
    }
    let document = StoredContent.Document(id: "1", name: nil, index: nil, texts: ["text"], files: files ?? [])
    let id = MessageID.new()
    return NewMessage(
      participant: try participant, direction: .outgoing, id: id, status: .scheduled, created: Date(),
      conversationID: id, sender: party, recipient: party,
      content: StoredContent(
        subject: "s", isConfidential: false, references: [], returnedReferences: [], documents: [document]))
  }
}

/// Notes in which order jobs of which lanes come.
private final class Recorder: Worker {
  let store: Store
  let order = Mutex<[String]>([])

  init(store: Store) { self.store = store }

  func perform(_ job: Job) async throws -> JobEnd {
    order.withLock { $0.append(job.lane) }
    try await store.write { db in try JobQueue.finish(job, in: db) }
    return .settled
  }
  func setAside(_ job: Job, reason: String, in db: Database) throws {}
  func alarm(_ job: Job, _ text: String, in db: Database) throws {}
}

/// Cannot do its work.
private struct Failing: Worker {
  struct Broken: Error, CustomStringConvertible {
    let description = "broken beyond repair"
  }
  let store: Store

  func perform(_ job: Job) async throws -> JobEnd { throw Broken() }
  func setAside(_ job: Job, reason: String, in db: Database) throws {}
  func alarm(_ job: Job, _ text: String, in db: Database) throws {}
}
