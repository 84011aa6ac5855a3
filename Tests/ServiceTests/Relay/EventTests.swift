import Foundation
import GRDB
import Testing

@testable import Mailbox
@testable import SDKRelay
@testable import Service

@Suite("Events since a cursor")
struct EventTests {
  @Test("each event comes once and in order, and the cursor goes on past what is for others") func pages() async throws
  {
    let kit = try await RelayKit()
    let token = try await kit.user("u1")
    var mine: [String] = []
    for index in 0..<7 {
      try await kit.put { $0.mailbox = RelayKit.neighbour }
      mine.append(try await kit.put { $0.marker = "m\(index)" }.id.value)
      try await kit.service.relay.record("node alarm", isAlarm: true)
    }
    var path: String? = "/relay/v1/events?limit=3"
    var seen: [String] = []
    var cursors: Set<String> = []
    while let next = path {
      let answer = try await kit.ask("GET", next, token: token)
      #expect(answer.status == 200, "\(answer.text)")
      seen += answer.list("events").compactMap { $0["message"] as? String }
      let cursor = try #require(answer.json["next"] as? String)
      #expect(cursors.insert(cursor).inserted)
      #expect(!answer.text.contains("alarm"))
      path = answer.json["more"] as? Bool == true ? "/relay/v1/events?limit=3&after=\(cursor)" : nil
      guard seen.count <= mine.count else { break }
    }
    #expect(seen == mine)
    // Nothing tells the difference between nothing, and nothing that is for oneself.
    let last = try #require(cursors.first { _ in true })
    _ = last
    let end = try await kit.ask("GET", "/relay/v1/events?after=now", token: token)
    let cursor = try #require(end.json["next"] as? String)
    let quiet = try await kit.ask("GET", "/relay/v1/events?after=\(cursor)", token: token)
    try await kit.put { $0.mailbox = RelayKit.neighbour }
    let filtered = try await kit.ask("GET", "/relay/v1/events?after=\(cursor)", token: token)
    for answer in [quiet, filtered] {
      let next = try #require(answer.json["next"] as? String)
      #expect(answer.list("events").isEmpty && answer.json["more"] as? Bool == false && next != cursor)
    }
    let after = try #require(filtered.json["next"] as? String)
    #expect(
      kit.responder.relay.authority.cursors.open(after, of: .events)! > kit.responder.relay.authority.cursors.open(
        cursor, of: .events)!)
  }

  @Test("a cursor is opened by its own list and node only") func cursors() async throws {
    let kit = try await RelayKit()
    let token = try await kit.user("u1")
    let cursors = kit.responder.relay.authority.cursors
    let other = try await RelayKit().responder.relay.authority.cursors
    #expect(cursors.open(cursors.seal(42, of: .events), of: .events) == 42)
    for bad in [cursors.seal(42, of: .messages), other.seal(42, of: .events), String(repeating: "A", count: 48), "42"] {
      let answer = try await kit.ask("GET", "/relay/v1/events?after=\(bad)", token: token)
      #expect(answer.status == 400, "\(bad)")
      let stream = try await kit.ask("GET", "/relay/v1/events/stream", token: token, headers: ["Last-Event-ID": bad])
      #expect(stream.status == 400, "\(bad)")
    }
  }

  @Test("those who wait are called by this process's commits at once, and by another's within seconds")
  func waiting() async throws {
    let kit = try await RelayKit()
    let token = try await kit.user("u1")
    func waited(_ put: @escaping @Sendable () async throws -> String) async throws -> Duration {
      let start = try await kit.ask("GET", "/relay/v1/events?after=now", token: token).json["next"] as? String ?? ""
      async let answer = kit.ask("GET", "/relay/v1/events?wait=20&after=\(start)", token: token)
      try await Task.sleep(for: .milliseconds(300))
      let id = try await put()
      let committed = ContinuousClock.now
      #expect(try await answer.list("events").map { $0["message"] as? String } == [id])
      return .now - committed
    }
    #expect(try await waited { try await kit.put().id.value } < .seconds(2))
    let beside = try kit.besides()
    let message = try await kit.put()
    #expect(
      try await waited {
        try await beside.relay.write { db in
          try EventLog.add(
            NewEvent(participant: message.participant, messageID: message.id, text: "another process"), at: .now, in: db
          )
        }
        return message.id.value
      } < .seconds(5))
    let start = ContinuousClock.now
    let none = try await kit.ask("GET", "/relay/v1/events?wait=1&after=now", token: token)
    #expect(none.list("events").isEmpty && .now - start >= .milliseconds(900))
  }

  @Test("no late commit is skipped, with writers in two processes at once") func lateCommits() async throws {
    let kit = try await RelayKit()
    try await kit.user("u1")
    let message = try await kit.put()
    let services = [kit.service, try kit.besides()]
    let start = try kit.service.events(after: nil, for: .user(UserID("u1"))).end
    async let writing: Void = withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<16 {
        group.addTask {
          for number in 0..<15 {
            try await services[writer % 2].relay.write { db in
              let event = NewEvent(participant: message.participant, messageID: message.id, text: "\(writer)/\(number)")
              try EventLog.add(event, at: .now, in: db)
              // Some take it back: their numbers are used again or left out.
              if number % 5 == 4 { throw CancellationError() }
            }
          }
        }
      }
      while true {
        do {
          guard try await group.next() != nil else { break }
        } catch is CancellationError {}
      }
    }
    var seen: [String] = []
    var (after, numbers) = (start, [Int64]())
    let end = ContinuousClock.now + .seconds(20)
    while seen.count < 16 * 4, .now < end {
      let part = try kit.service.events(after: after, limit: 7, for: .user(UserID("u1")))
      seen += part.events.map(\.text)
      numbers += part.events.map(\.number)
      after = part.end
      await Task.yield()
    }
    try await writing
    let expected = (0..<16).flatMap { writer in (0..<4).map { "\(writer)/\($0)" } }
    #expect(seen.sorted() == expected.sorted() && numbers == numbers.sorted() && Set(numbers).count == numbers.count)
  }

  @Test("an event of a message that two mailboxes of one organisation exchanged comes to each with its own steps")
  func copies() async throws {
    let kit = try await RelayKit()
    let sent = try await kit.put { $0.direction = .outgoing }
    try await kit.service.relay.write { db in
      // The other copy, in the neighbouring mailbox.
      try db.change(
        sql: """
          INSERT INTO message (participant, direction, messageId, status, createdAt, storedAt, conversationId, mailbox,
            sender, recipient, content)
          SELECT participant, 'in', messageId, 'NEW', createdAt, storedAt, conversationId, ?, sender, recipient, content
          FROM message WHERE id = ?
          """, arguments: [RelayKit.neighbour.address.value, sent.row])
      let copy = try #require(try MessageTable.fetch(db.lastInsertedRowID, in: db))
      try db.change(sql: "INSERT INTO messageRecord (messageRow) VALUES (?)", arguments: [copy.row])
      for status in [MessageStatus.waitingForReceipt, .new] {
        try EventLog.add(
          NewEvent(participant: sent.participant, messageID: sent.id, status: status, text: "x"), at: .now, in: db)
      }
    }
    let (sender, recipient) = (try await kit.user("u1"), try await kit.user("u2", in: RelayKit.neighbour))
    let both = try await kit.user("u3")
    try await kit.user("u3", in: RelayKit.neighbour)
    func statuses(_ token: String) async throws -> [String] {
      try await kit.ask("GET", "/relay/v1/events", token: token).list("events").compactMap { $0["status"] as? String }
    }
    #expect(try await statuses(sender).contains("WAITING_FOR_RECEIPT"))
    #expect(try await !statuses(sender).contains("NEW"))
    #expect(try await statuses(recipient) == ["NEW"])
    #expect(try await statuses(both).suffix(2) == ["WAITING_FOR_RECEIPT", "NEW"])
  }
}
