import Foundation
import GRDB
import Testing

@testable import Mailbox
@testable import SDKRelay

@Suite("Figures")
struct FiguresTests {
  private func counted(_ kit: MessageKit) throws -> [MessageCount] {
    try kit.service.relay.read { db in
      try Row.fetchAll(
        db, sql: "SELECT direction, status, count(*) FROM message GROUP BY direction, status ORDER BY direction, status"
      ).map {
        MessageCount(
          direction: MessageDirection(rawValue: $0[0])!, status: MessageStatus(rawValue: $0[1])!, messages: $0[2])
      }
    }
  }

  @Test("the kept counts are what counting gives, after messages come, move and go")
  func counts() async throws {
    let kit = try MessageKit()
    var rows: [Int64] = []
    for status in [MessageStatus.waitingForReceipt, .waitingForReceipt, .accepted] {
      rows.append(
        try await kit.put {
          $0.direction = .outgoing
          $0.status = status
        }.row)
    }
    _ = try await kit.put()
    #expect(try kit.service.figures().relay.messages == counted(kit))
    let (moved, late) = (rows[0], rows[1])
    try await kit.service.relay.write { db in
      try db.change(sql: "UPDATE message SET status = 'ACCEPTED' WHERE id = ?", arguments: [moved])
      try db.change(sql: "UPDATE message SET hasAlarmed = 1 WHERE id = ?", arguments: [late])
    }
    let figures = try kit.service.figures().relay
    #expect(figures.messages.filter { $0.messages > 0 } == (try counted(kit)))
    #expect(figures.late == 1)
  }

  @Test("no figure looks at every message, event or audit entry")
  func cheap() throws {
    let kit = try MessageKit()
    try kit.service.relay.read { db in
      for sql in [
        "SELECT count(*) FROM message WHERE hasAlarmed = 1 AND status = 'WAITING_FOR_RECEIPT'",
        "SELECT at FROM event WHERE isAlarm ORDER BY id DESC LIMIT 10000",
        "SELECT at FROM event ORDER BY id DESC LIMIT 1",
      ] {
        let plan = try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + sql).map { $0["detail"] as String }.joined()
        let isBounded = plan.contains("INDEX messageLate") || plan.contains("USING INDEX eventAlarm")
        #expect(isBounded || sql.hasSuffix("LIMIT 1"), "\(plan)")
      }
    }
  }

  @Test("queues are told by the kind of work, never by whom it is for")
  func queues() async throws {
    let kit = try MessageKit()
    let now = Date()
    try await kit.service.relay.write { db in
      for (number, lane) in [
        "send https://as4.example.se/as4", "send https://as4.example.se/as4 large", "open 0203:a.example.se", "suspect",
      ].enumerated() {
        try db.change(
          sql:
            "INSERT INTO job (participant, kind, subject, lane, dueAt) VALUES ('0203:a.example.se', 'send', ?, ?, ?)",
          arguments: [number, lane, (now - 60).milliseconds])
      }
    }
    let queues = try kit.service.figures(at: now).relay.queues
    #expect(Set(queues.keys) == Set(RelayFigures.lanes))
    for lane in ["send", "send large", "open", "suspect"] {
      #expect(queues[lane]?.waiting == 1 && abs((queues[lane]?.overdue ?? 0) - 60) < 1, "\(lane)")
    }
    #expect(queues["receiptClock"] == .init())
  }

  @Test("a backup is known of afterwards")
  func backup() async throws {
    let kit = try MessageKit()
    #expect(try kit.service.figures().relay.lastBackup == nil)
    let folder = FileManager.default.temporaryDirectory.appending(path: "backup-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    _ = try kit.service.backUp(into: folder)
    #expect(abs(try #require(try kit.service.figures().relay.lastBackup).timeIntervalSinceNow) < 60)
  }
}
