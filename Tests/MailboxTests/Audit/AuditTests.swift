import Foundation
import GRDB
import Testing

@testable import Mailbox
@testable import SDKRelay

@Suite struct AuditTests {
  private let kit: AuditKit

  init() throws {
    kit = try AuditKit()
  }

  @Test("W12 a trail that nobody touched is whole, an empty one too")
  func whole() async throws {
    #expect(try kit.verify().isWhole)
    for number in 1...5 { try await kit.append("u\(number)") }
    let found = try kit.verify()
    #expect(found.isWhole && found.entries == 5 && found.uncovered == 0)
  }

  @Test(
    "W12 whatever is done to the entries is found, and where",
    arguments: [
      ("UPDATE auditEntry SET principal = 'u9' WHERE number = 3", 3),
      ("UPDATE auditEntry SET at = at + 1 WHERE number = 3", 3),
      ("UPDATE auditEntry SET reason = '' WHERE number = 3", 3),
      ("UPDATE auditEntry SET hash = zeroblob(32) WHERE number = 3", 3),
      ("DELETE FROM auditEntry WHERE number = 3", 4),
      ("DELETE FROM auditEntry WHERE number = 1", 2),
      ("DELETE FROM auditEntry WHERE number = 5", 5),
      ("DELETE FROM auditEntry WHERE number > 2", 3),
      ("DELETE FROM auditPerson; DELETE FROM auditEntry", 1),
      (
        """
        UPDATE auditEntry SET number = 99 WHERE number = 3; UPDATE auditEntry SET number = 3 WHERE number = 4;
        UPDATE auditEntry SET number = 4 WHERE number = 99
        """, 3
      ),
      ("UPDATE auditPerson SET person = 'x' WHERE number = 2", 2),
      ("DELETE FROM auditPerson WHERE number = 2", 2),
      ("INSERT INTO auditPerson (person, number) VALUES ('x', 4)", 4),
      ("UPDATE auditHead SET number = 4", 6),
      ("UPDATE auditHead SET seal = zeroblob(32)", 5),
      // The end cut off, and the head made to fit: the file beside the database knows better.
      (
        """
        DELETE FROM auditEntry WHERE number > 3;
        UPDATE auditHead SET number = 3, hash = (SELECT hash FROM auditEntry WHERE number = 3)
        """, 4
      ),
    ])
  func tampered(_ sql: String, _ number: Int64) async throws {
    for number in 1...5 { try await kit.append("u\(number)", persons: number == 2 ? ["191212121212"] : []) }
    #expect(try kit.verify().isWhole)
    try kit.tamper(sql)
    let found = try kit.verify()
    #expect(found.firstBreak?.number == number, "\(found)")
  }

  @Test("W12 an old head put back with its seal is found by the file, and an old file by a mark kept elsewhere")
  func replayed() async throws {
    for _ in 1...3 { try await kit.append() }
    let oldFile = try Data(contentsOf: kit.headFile)
    let old = try kit.store.read { try AuditHead.fetch(in: $0) }
    for _ in 1...3 { try await kit.append() }
    let end = try kit.verify()
    let mark = try #require(AuditMark("\(end.entries):\(end.hash)"))
    #expect(try kit.verify(mark: mark).isWhole)
    try kit.tamper("DELETE FROM auditEntry WHERE number > 3")
    try await kit.store.pool.write { db in
      try db.execute(
        sql: "UPDATE auditHead SET number = ?, hash = ?, seal = ?",
        arguments: [old.number, Data(old.hash), Data(old.seal)])
    }
    #expect(try kit.verify().firstBreak?.number == 4)
    try oldFile.write(to: kit.headFile)
    #expect(try kit.verify().isWhole)
    #expect(try kit.verify(mark: mark).firstBreak?.number == 4)
  }

  @Test("W12 a head's file that is gone or made up is found, and is not made anew")
  func fileGone() async throws {
    try await kit.append()
    try FileManager.default.removeItem(at: kit.headFile)
    try await kit.append()
    #expect(try kit.verify().firstBreak != nil)
    #expect(!FileManager.default.fileExists(atPath: kit.headFile.path))
  }

  @Test("W12 SQLite refuses to change, remove, replace or number an entry otherwise")
  func appendOnly() async throws {
    for _ in 1...2 { try await kit.append(persons: ["191212121212"]) }
    for sql in [
      "UPDATE auditEntry SET principal = 'x'", "DELETE FROM auditEntry", "DELETE FROM auditPerson",
      "UPDATE auditPerson SET person = 'x'", "DELETE FROM auditHead",
      "INSERT OR REPLACE INTO auditEntry SELECT * FROM auditEntry WHERE number = 1",
    ] {
      await #expect(throws: DatabaseError.self, "\(sql)") {
        try await kit.store.pool.write { try $0.execute(sql: sql) }
      }
    }
    #expect(try kit.verify().isWhole)
  }

  @Test("W11 the key is closed to others, and is never made anew while there are entries")
  func key() async throws {
    try await kit.append()
    let mode = try FileManager.default.attributesOfItem(atPath: kit.keyFile.path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    chmod(kit.keyFile.path, 0o640)
    #expect(throws: AuditProblem.keyOpenToOthers) { try kit.verify(Audit(folder: kit.folder)) }
    chmod(kit.keyFile.path, 0o600)
    #expect(try kit.verify(Audit(folder: kit.folder)).isWhole)
    try FileManager.default.removeItem(at: kit.keyFile)
    let without = Audit(folder: kit.folder)
    #expect(throws: AuditProblem.keyMissing) { try kit.verify(without) }
    let record = AuditRecord(.service, .addUser)
    await #expect(throws: AuditProblem.keyMissing) {
      try await kit.store.write { try without.append(record, at: .now, in: $0) }
    }
  }

  @Test("W10 no identity number lies in the data folder, and the person is found all the same")
  func persons() async throws {
    let numbers = ["191212121212", "20000125-2386", "19140728-TF26"]
    for number in numbers {
      try await kit.append(persons: [number], reason: "frågan gäller \(number), enligt begäran")
    }
    var filter = AuditFilter()
    filter.person = "19121212-1212"
    let found = try kit.store.read {
      try kit.audit.search(filter, by: .operator("root"), at: AccessKit.now, in: $0)
    }
    #expect(found.map(\.number) == [1])
    #expect(found.first?.reason == "frågan gäller [number], enligt begäran")
    filter.person = "121212-1212"
    #expect(throws: AuditProblem.noIdentityNumber) {
      try kit.store.read { try kit.audit.search(filter, by: .operator("root"), at: AccessKit.now, in: $0) }
    }
    for name in try FileManager.default.subpathsOfDirectory(atPath: kit.folder.path) {
      guard let bytes = FileManager.default.contents(atPath: kit.folder.appending(path: name).path) else { continue }
      for number in numbers + ["1212121212", "121212-1212", "200001252386"] {
        #expect(bytes.range(of: Data(number.utf8)) == nil, "\(number) in \(name)")
      }
    }
  }

  @Test("a hundred entries at once keep the chain", .timeLimit(.minutes(1)))
  func concurrent() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<100 { group.addTask { try await kit.append("u\(number)") } }
      try await group.waitForAll()
    }
    let found = try kit.verify()
    #expect(found.isWhole && found.entries == 100 && found.uncovered == 0)
  }

  @Test("an entry whose transaction failed is not there, nor is a gap")
  func rolledBack() async throws {
    struct Failure: Error {}
    let audit = kit.audit
    try await kit.append()
    await #expect(throws: Failure.self) {
      try await kit.store.write { db in
        try audit.append(AuditRecord(.service, .addUser), at: .now, in: db)
        throw Failure()
      }
    }
    try await kit.append()
    let found = try kit.verify()
    #expect(found.isWhole && found.entries == 2)
  }

  @Test("a search fits all that is given, newest first, page by page")
  func search() async throws {
    let message = try #require(MessageID(UUID().uuidString))
    for number in 1...6 {
      try await kit.append(
        number.isMultiple(of: 2) ? "even" : "odd", message: number > 3 ? message : nil,
        at: AccessKit.now + Double(number))
    }
    func found(_ change: (inout AuditFilter) -> Void) throws -> [Int64] {
      var filter = AuditFilter()
      change(&filter)
      return try kit.store.read {
        try kit.audit.search(filter, by: .operator("root"), at: AccessKit.now, in: $0).map(\.number)
      }
    }
    #expect(try found { $0.limit = 2 } == [6, 5])
    #expect(try found { ($0.limit, $0.before) = (2, 5) } == [4, 3])
    #expect(try found { $0.principal = "odd" } == [5, 3, 1])
    #expect(try found { $0.messageID = message } == [6, 5, 4])
    #expect(try found { ($0.messageID, $0.principal) = (message, "odd") } == [5])
    #expect(try found { ($0.from, $0.until) = (AccessKit.now + 2, AccessKit.now + 4) } == [3, 2])
  }

  @Test("W4 an auditor finds the entries of the own organisation, and others find none")
  func searchers() async throws {
    try await kit.append()
    let auditor = try UserID("auditor")
    try await kit.store.write { db in
      for (name, participant) in [("auditor", AccessKit.organisation), ("stranger", AccessKit.stranger)] {
        let id = try UserID(name)
        try UserTable.add(
          User(id: id, name: name, participant: participant, created: AccessKit.now, ended: nil), in: db)
        try GrantTable.add(
          NewGrant(holder: .user(id), kind: .role(.auditor), participant: participant, start: AccessKit.now), in: db)
      }
    }
    for (principal, count): (Principal, Int) in [
      (.user(auditor), 1), (.user(try UserID("stranger")), 0), (.user(try UserID("u1")), 0), (.service, 0),
    ] {
      let found = try kit.store.read { try kit.audit.search(AuditFilter(), by: principal, at: AccessKit.now, in: $0) }
      #expect(found.count == count)
    }
  }
}
