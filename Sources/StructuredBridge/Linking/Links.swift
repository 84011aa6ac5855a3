public import Foundation
import GRDB
public import Mailbox
public import SDKRelay

extension AuditAction {
  public static let listLinks = AuditAction(rawValue: "link.list")
  public static let confirmLink = AuditAction(rawValue: "link.confirm")
  public static let rejectLink = AuditAction(rawValue: "link.reject")
  public static let undoLink = AuditAction(rawValue: "link.undo")
}

// What people decide about links. Who may work at a message may decide which case it belongs to.
extension Bridge {
  /// The messages that match and that the principal may list, newest first.
  /// - Parameters:
  ///   - states: empty for those that wait for somebody: proposed, choose, held, quarantined.
  ///   - before: only messages with a smaller number than this (``StoredMessage/row``).
  public func links(
    _ states: Set<MessageLink.State> = [], message: MessageID? = nil, in place: MailboxID? = nil, before: Int64 = .max,
    limit: Int = 50, for principal: Principal, through operator: Principal? = nil, at now: Date = .now
  ) async throws -> [MessageLink] {
    let waiting: Set<MessageLink.State> = [.proposed, .choose, .held, .quarantined]
    let wanted = states.isEmpty ? waiting : states
    let record = AuditRecord(
      principal, through: `operator`, .listLinks, participant: place?.participant, mailbox: place?.address,
      messageID: message)
    return try await mailbox.audited(record, at: now) { _, db in
      let access = AccessFilter(
        principal, .list, at: now, participant: "message.participant", mailbox: "message.mailbox",
        isProtected: "messageRecord.isProtected")
      let words = wanted.map { "'\($0.rawValue)'" }.sorted().joined(separator: ", ")
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT \(StoredMessage.columns) FROM messageExamination
          JOIN message ON message.id = messageExamination.messageRow
          JOIN messageRecord ON messageRecord.messageRow = message.id
          WHERE outcome IN (\(words)) AND message.id < ? AND (?2 IS NULL OR message.messageId = ?2)
            AND (?3 IS NULL OR message.participant = ?3) AND (?4 IS NULL OR message.mailbox = ?4) AND \(access.sql)
          ORDER BY message.id DESC LIMIT ?
          """,
        arguments: [before, message?.value, place?.participant.comparable, place?.address.value] + access.arguments
          + [min(max(limit, 1), 500)])
      return try rows.map { try MessageLink(StoredMessage($0), in: db) }
    }
  }

  /// What is known of the case of one message.
  public func link(
    of id: MessageID, for principal: Principal, through operator: Principal? = nil, at now: Date = .now
  ) async throws -> MessageLink {
    let record = AuditRecord(principal, through: `operator`, .listLinks, messageID: id)
    return try await mailbox.audited(record, at: now) { record, db in
      let message = try MailboxService.message(id, .list, for: principal, at: now, in: db)
      (record.participant, record.mailbox) = (message.participant, message.ownMailbox)
      return try MessageLink(message, in: db)
    }
  }

  /// The message belongs to the case.
  /// - Parameters:
  ///   - reference: what the case is called by; nil for the only one that is proposed.
  ///   - version: which was seen.
  @discardableResult
  public func confirmLink(
    of id: MessageID, to reference: String? = nil, version: Int, by principal: Principal,
    through operator: Principal? = nil, at now: Date = .now
  ) async throws -> MessageLink {
    try await decide(.confirmLink, id, version, principal, `operator`, nil, at: now) { message, linking, record in
      guard try LinkTable.link(of: message.row, in: linking.register.db) == nil else { throw LinkProblem.isLinked }
      let row = try linking.register.chosen(reference, for: message, by: principal)
      record.name("case \(try linking.register.cases(message.participant).fetch(row).id)")
      try linking.link(message, to: row, step: 0, reason: "person", by: "\(principal.kind) \(principal.name)")
      return "linked"
    }
  }

  /// The message belongs to none of the cases that are proposed for it.
  @discardableResult
  public func rejectLink(
    of id: MessageID, version: Int, reason: String? = nil, by principal: Principal, through operator: Principal? = nil,
    at now: Date = .now
  ) async throws -> MessageLink {
    try await decide(.rejectLink, id, version, principal, `operator`, reason, at: now) { message, linking, _ in
      let db = linking.register.db
      guard try !LinkTable.proposals(of: message.row, in: db).isEmpty else { throw LinkProblem.nothingProposed }
      try LinkTable.endProposals(of: message.row, in: db)
      let name = "\(principal.kind) \(principal.name)"
      try LinkTable.note("reject", nil, by: name, reason: reason, of: message.row, at: now, in: db)
      return "rejected"
    }
  }

  /// The message was tied to the wrong case: the link is taken away, and with it those of the conversation's messages that
  /// rest on it. What was known stays, the mailbox's owner is told of the incident, and an event tells it.
  /// - Parameter reference: the right case, for all of them; nil where nobody knows it yet.
  @discardableResult
  public func undoLink(
    of id: MessageID, to reference: String? = nil, version: Int, reason: String, by principal: Principal,
    through operator: Principal? = nil, at now: Date = .now
  ) async throws -> MessageLink {
    guard !reason.allSatisfy(\.isWhitespace) else { throw LinkProblem.needsReason }
    return try await decide(.undoLink, id, version, principal, `operator`, reason, at: now) {
      message, linking, record in
      let name = "\(principal.kind) \(principal.name)"
      guard let wrong = try linking.unlink(message, by: name, why: reason) else { throw LinkProblem.isNotLinked }
      let right = try reference.map { try linking.register.chosen($0, for: message, by: principal) }
      let moved = try linking.resting(on: wrong, with: message)
      for other in moved { _ = try linking.unlink(other, by: name, why: reason) }
      if let right {
        for one in [message] + moved {
          try linking.link(one, to: right, step: 0, reason: "person", by: name, why: reason)
        }
      }
      for other in moved { try linking.cover(other, .decided) }
      try linking.tell(message, moved: moved, isLinked: right != nil)
      let former = try linking.register.cases(message.participant).fetch(wrong).id
      record.name("\(1 + moved.count) messages from case \(former)")
      return right == nil ? "undone" : "linked"
    }
  }

  private func decide(
    _ action: AuditAction, _ id: MessageID, _ version: Int, _ principal: Principal, _ operator: Principal?,
    _ reason: String?, at now: Date,
    _ work: @escaping @Sendable (StoredMessage, Linking, inout AuditRecord) throws -> String
  ) async throws -> MessageLink {
    let (settings, tenants) = (settings, tenants)
    let record = AuditRecord(principal, through: `operator`, action, messageID: id, reason: reason)
    do {
      return try await mailbox.audited(record, at: now) { record, db in
        let message = try MailboxService.message(id, .handle, for: principal, at: now, in: db)
        (record.participant, record.mailbox) = (message.participant, message.ownMailbox)
        guard case .user = principal else { throw LinkProblem.usersOnly }
        let current = try LinkTable.examination(of: message.row, in: db)?.version ?? 0
        guard current == version else { throw LinkProblem.stale(seen: version, now: current) }
        let register = try CaseRegister(settings, tenants, at: now, in: db)
        let linking = Linking(register: register)
        let outcome = try work(message, linking, &record)
        try LinkTable.keep(outcome, step: 0, reason: "person", of: message, at: now, in: db)
        try linking.cover(message, .decided)
        return try MessageLink(message, in: db)
      }
    } catch let denied as AccessDenied where denied.reason == .protectedPerson {
      // The trail has what was tried; whoever tried learns of no case.
      throw LinkProblem.noCase
    }
  }
}

extension CaseRegister {
  /// The case that somebody chose for the message: one of the organisation with the one it is exchanged with.
  /// That of a protected person is there for those alone who may see what is about that person.
  fileprivate func chosen(
    _ reference: String?, for message: StoredMessage, by principal: Principal
  ) throws -> Int64 {
    let cases = cases(message.participant)
    guard let reference else {
      let proposed = try LinkTable.proposals(of: message.row, in: db)
      let reason = try LinkTable.examination(of: message.row, in: db)?.reason
      guard reason != LinkTable.expired else { throw LinkProblem.expired }
      guard let row = proposed.first else { throw LinkProblem.nothingProposed }
      guard proposed.count == 1 else { throw LinkProblem.noCase }
      return row
    }
    let place = message.ownMailbox.map { MailboxID(message.participant, $0) }
    let rows = try cases.rows(meantBy: reference).filter {
      try cases.counterparty(of: $0) == message.counterparty.id.comparable
    }
    guard let place, let row = rows.first, rows.count == 1 else { throw LinkProblem.noCase }
    let audience = try audience(ofPerson: cases.person(of: row))
    guard try Access.allows(principal, .handle, place, for: audience, at: now, in: db) else {
      throw AccessDenied(permission: .handle, reason: .protectedPerson, mayKnow: false)
    }
    return row
  }
}

extension Linking {
  /// The messages of the same conversation that belong to the case by a reply or by the conversation alone.
  fileprivate func resting(on row: Int64, with message: StoredMessage) throws -> [StoredMessage] {
    try Row.fetchAll(
      register.db,
      sql: """
        SELECT \(StoredMessage.columns) FROM caseLink
        JOIN message ON message.id = caseLink.messageRow
        WHERE caseLink.caseRow = ? AND caseLink.state = 'linked' AND caseLink.step IN (2, 3)
          AND message.participant = ? AND message.mailbox IS ? AND message.conversationId = ? AND message.id <> ?
        ORDER BY message.id
        """,
      arguments: [
        row, message.participant.comparable, message.ownMailbox?.value, message.conversationID.value, message.row,
      ]
    ).map(StoredMessage.init).filter { $0.counterparty.id == message.counterparty.id }
  }

  /// An incident (fel person, fel ärende) is for the mailbox's owner to know of.
  fileprivate func tell(_ message: StoredMessage, moved: [StoredMessage], isLinked: Bool) throws {
    for other in moved {
      try LinkTable.keep(
        isLinked ? "linked" : "undone", step: 0, reason: "person", of: other, at: register.now, in: register.db)
    }
    try Relay.record(
      "its link to a case was undone, and those of \(moved.count) more of the conversation", about: message,
      at: register.now, in: register.db)
    guard let address = message.ownMailbox else { return }
    try MailboxService.notify(
      MailboxID(message.participant, address), .linkUndone, at: register.now, in: register.db)
  }
}

extension MessageLink {
  init(_ message: StoredMessage, in db: Database) throws {
    guard let address = message.ownMailbox else { throw MessageProblem.notFound }
    let found = try LinkTable.examination(of: message.row, in: db)
    let link = try LinkTable.link(of: message.row, in: db)
    let rows = try link.map { [$0.caseRow] } ?? LinkTable.proposals(of: message.row, in: db)
    let cases = CaseTable(tenant: message.participant, db: db)
    self.init(
      number: message.row, message: message.id, mailbox: MailboxID(message.participant, address),
      direction: message.direction,
      stored: message.stored, state: link == nil ? found.flatMap { State(rawValue: $0.outcome) } ?? .later : .linked,
      step: link?.step ?? found?.step ?? 7, reason: link?.reason ?? found?.reason ?? "",
      flags: (found?.flags ?? "").split(separator: " ").map(String.init), version: found?.version ?? 0,
      cases: try rows.map(cases.fetch))
  }
}
