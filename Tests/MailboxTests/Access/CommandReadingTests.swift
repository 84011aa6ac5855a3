import Foundation
import GRDB
import Testing

@testable import Mailbox
@testable import SDKRelay

/// What is read at the node's command line, and how the trail tells of it.
@Suite struct CommandReadingTests {
  private let kit: MessageKit
  private let (open, closed): (StoredMessage, StoredMessage)
  private let now = MessageKit.now
  private let drift = Principal.operator("drift")

  init() async throws {
    kit = try MessageKit()
    open = try await kit.put { $0.subject = "Öppen" }
    closed = try await kit.put { $0.subject = "Skyddad fråga" }
    try await kit.protect(closed)
  }

  private func list(_ reader: CommandReader) async throws -> [ListedMessage] {
    try await kit.service.list(MessageFilter(), for: reader, at: now)
  }

  private func trail(_ action: AuditAction, about message: MessageID? = nil) async throws -> [AuditEntry] {
    var filter = AuditFilter()
    filter.messageID = message
    return try await kit.service.searchAudit(filter, by: drift, at: now).filter { $0.action == action.rawValue }
  }

  @Test("W4 an operator lists what is about protected persons without its content, and opens it only for a reason")
  func glass() async throws {
    let listed = try await list(CommandReader(drift))
    #expect(listed.map(\.message.id) == [closed.id, open.id] && listed.map(\.isConcealed) == [true, false])
    #expect(try await kit.service.read(open.id, for: CommandReader(drift), at: now).subject == "Öppen")
    for extract in [MessageExtract.content, .attachments, .proof] {
      for reason in [nil, "", " \n"] {
        let error = await #expect(throws: AccessDenied.self) {
          try await kit.service.read(closed.id, extract, for: CommandReader(drift, reason: reason), at: now)
        }
        #expect(error?.reason == .reasonMissing)
      }
      let read = try await kit.service.read(closed.id, extract, for: CommandReader(drift, reason: "tillsyn"), at: now)
      #expect(read.subject == "Skyddad fråga")
    }
    let entries = try await trail(.readMessage, about: closed.id)
    #expect(entries.filter { $0.outcome == "denied" }.count == 6 && entries.filter { $0.outcome == "done" }.count == 2)
    let told = try #require(entries.last { $0.outcome == "done" })
    #expect(told.reason == "tillsyn" && told.object == "protected person, glass broken")
    #expect(told.principal == "drift" && told.mailbox == MessageKit.mailbox.address.value)
    #expect(try await trail(.listMessages).map(\.principal) == ["drift"])
  }

  @Test("W4 a message whose mark is unknown counts as protected for the operator too")
  func unknownMark() async throws {
    try await kit.service.relay.write { [open] db in
      try db.execute(sql: "PRAGMA defer_foreign_keys = ON")
      try db.execute(sql: "DELETE FROM registerEntry WHERE messageRow = ?", arguments: [open.row])
      try db.execute(sql: "DELETE FROM messageRecord WHERE messageRow = ?", arguments: [open.row])
    }
    #expect(try await list(CommandReader(drift)).map(\.isConcealed) == [true, true])
  }

  @Test("W4 in a user's name what the user may read is listed and opened, and a reason opens nothing more")
  func users() async throws {
    let (worker, registrar) = (try await kit.user("u1"), try await kit.user("u2", [.role(.registrar)]))
    let neighbour = try await kit.user("u3", in: MessageKit.neighbour)
    let auditor = try await kit.user("u4", [.role(.auditor)])
    let opener = try await kit.user("u5", [.role(.caseworker), .protectedPersons])
    for (user, ids) in [
      (worker, [open.id]), (registrar, [open.id]), (neighbour, []), (auditor, []), (opener, [closed.id, open.id]),
    ] {
      let reader = CommandReader(user, through: drift, reason: "nyfiken")
      let listed = try await list(reader)
      let isThere = !ids.isEmpty
      #expect(listed.map(\.message.id) == (isThere ? [closed.id, open.id] : []), "\(user)")
      #expect(listed.filter { !$0.isConcealed }.map(\.message.id) == ids, "\(user)")
      for message in [open, closed] where !ids.contains(message.id) {
        let error = await #expect(throws: (any Error).self) {
          try await kit.service.read(message.id, for: reader, at: now)
        }
        let isHidden = error as? MessageProblem == .notFound
        #expect(isThere ? (error as? AccessDenied)?.reason == .protectedPerson : isHidden, "\(user)")
      }
      for id in ids { _ = try await kit.service.read(id, for: reader, at: now) }
    }
    await #expect(throws: AccessDenied.self, "a caseworker exports nothing") {
      try await kit.service.read(open.id, .proof, for: CommandReader(worker, through: drift), at: now)
    }
    _ = try await kit.service.read(open.id, .proof, for: CommandReader(registrar, through: drift), at: now)
    await #expect(throws: AccessDenied.self) {
      try await kit.service.rejectedProof(open.id, at: open.participant, for: CommandReader(registrar), now: now)
    }
    let entries = try await trail(.readMessage)
    #expect(entries.allSatisfy { $0.principal == "drift" && $0.object?.contains("as user u") == true })
  }

  @Test("W12 a denied attempt at a message that is there stands in the trail as denied, with its mailbox")
  func denied() async throws {
    let stranger = try await kit.user("u3", in: MessageKit.neighbour)
    let none = MessageID(UUID().uuidString)!
    for id in [open.id, none] {
      await #expect(throws: MessageProblem.notFound) { try await kit.service.open(id, by: stranger, at: now) }
      await #expect(throws: MessageProblem.notFound) {
        try await kit.service.note("Anteckning", on: id, by: stranger, at: now)
      }
      await #expect(throws: MessageProblem.notFound) {
        try await kit.service.exportEvidence(id, to: URL(filePath: "/nowhere"), by: stranger, at: now)
      }
    }
    var (there, gone): ([AuditEntry], [AuditEntry]) = ([], [])
    for action in [AuditAction.readMessage, .noteMessage, .exportMessage] {
      there += try await trail(action, about: open.id)
      gone += try await trail(action, about: none)
    }
    #expect(there.count == 3 && gone.count == 3)
    for entry in there {
      #expect(entry.outcome == "denied" && entry.mailbox == MessageKit.mailbox.address.value, "\(entry.action)")
      #expect(entry.participant == MessageKit.mailbox.participant.value, "\(entry.action)")
    }
    for entry in gone { #expect(entry.outcome == "failed" && entry.mailbox == nil, "\(entry.action)") }
  }
}
