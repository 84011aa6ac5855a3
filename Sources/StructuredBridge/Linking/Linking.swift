import Foundation
import GRDB
import Mailbox
import SDKRelay

/// Finds the case of a message, in the transaction of the caller.
struct Linking {
  let register: CaseRegister
  private var db: Database { register.db }
  private var now: Date { register.now }

  /// Looks at a message, unless it belongs to a case or a person has decided. The same message again is the same.
  /// - Parameter mayLinkByNumber: whether the agreement lets a person's number link by itself.
  func examine(_ message: StoredMessage, mayLinkByNumber: Bool = false) throws {
    guard try LinkTable.link(of: message.row, in: db) == nil else { return }
    let former = try LinkTable.examination(of: message.row, in: db)
    // What a person has decided stays.
    guard former?.outcome != "rejected", former?.outcome != "undone" else { return }
    let references = try MessageReferences(message, register)
    let decision = try evidence(message, references, mayLinkByNumber).decision
    let isSame = decision.outcome.rawValue == former?.outcome && decision.reason.rawValue == former?.reason
    // What nobody has answered in its time is not proposed again for the same reasons.
    let hasExpired = decision.outcome == .proposed && former?.reason == LinkTable.expired
    if isSame || hasExpired,
      try decision.cases == LinkTable.proposals(of: message.row, in: db) || decision.cases.isEmpty
    {
      return
    }
    try apply(decision, to: message, references)
    try cover(message)
  }

  private func apply(_ decision: LinkDecision, to message: StoredMessage, _ references: MessageReferences) throws {
    if decision.outcome == .linked, let row = decision.cases.first {
      try link(message, to: row, step: decision.step, reason: decision.reason.rawValue, by: "rule")
    } else {
      try LinkTable.endProposals(of: message.row, in: db)
      for row in decision.cases {
        _ = try LinkTable.insert(
          message.row, row, isLinked: false, step: decision.step, reason: decision.reason.rawValue, at: now, in: db)
      }
      try LinkTable.note(
        decision.outcome.rawValue, decision.cases.first, by: "rule", reason: decision.reason.rawValue,
        of: message.row, at: now, in: db)
    }
    // Also of what belongs to a case: it may name somebody else, who becomes protected.
    try LinkTable.keep(references.keys, of: message, in: db)
    try LinkTable.keep(
      decision.outcome.rawValue, step: decision.step, reason: decision.reason.rawValue, flags: references.flags,
      of: message, at: now, in: db)
  }

  /// Nobody has answered the proposal in its time: the case is there to be chosen, and no longer by a mere yes.
  func expire(_ message: StoredMessage) throws {
    guard let former = try LinkTable.examination(of: message.row, in: db), former.outcome == "proposed" else { return }
    let row = try LinkTable.proposals(of: message.row, in: db).first
    try LinkTable.note("expire", row, by: "rule", reason: LinkTable.expired, of: message.row, at: now, in: db)
    try LinkTable.keep(
      LinkDecision.Outcome.choose.rawValue, step: 6, reason: LinkTable.expired,
      flags: Set(former.flags.split(separator: " ").map(String.init)), of: message, at: now, in: db)
  }

  /// Ties the message to the case: link, history of both, and the case system's news.
  func link(_ message: StoredMessage, to row: Int64, step: Int, reason: String, by: String, why: String? = nil) throws {
    let link = try LinkTable.insert(
      message.row, row, isLinked: true, step: step, reason: reason, at: now, in: db)
    try LinkTable.endProposals(of: message.row, in: db)
    try LinkTable.note("link", row, by: by, reason: why ?? reason, of: message.row, at: now, in: db)
    try register.cases(message.participant).step("link", message.id.value, of: row, at: now)
    try CaseFeedTable.link(message, to: row, link, step: "\(step) \(reason)", at: now, in: db)
  }

  /// Unties them; what is known stays.
  func unlink(_ message: StoredMessage, by: String, why: String) throws -> Int64? {
    guard let link = try LinkTable.link(of: message.row, in: db) else { return nil }
    try db.change(sql: "UPDATE caseLink SET state = 'undone' WHERE id = ?", arguments: [link.id])
    try LinkTable.note("undo", link.caseRow, by: by, reason: why, of: message.row, at: now, in: db)
    try register.cases(message.participant).step("unlink", message.id.value, of: link.caseRow, at: now)
    try CaseFeedTable.unlink(message, from: link.caseRow, link.id, at: now, in: db)
    return link.caseRow
  }

  // MARK: Evidence

  private func evidence(
    _ message: StoredMessage, _ references: MessageReferences, _ mayLinkByNumber: Bool
  ) throws -> LinkEvidence {
    var evidence = LinkEvidence()
    evidence.isOwn = message.direction == .outgoing
    evidence.isExpected = try isExpected(message)
    evidence.returned = try candidates(references.returned)
    evidence.hasStrayReference = references.hasStray
    evidence.replied = try replied(message).map(candidate)
    evidence.conversation = try candidates(conversation(message))
    evidence.numbered = try candidates(references.numbered)
    evidence.persons = references.count
    evidence.written = try candidates(references.written)
    evidence.mayLinkByNumber = mayLinkByNumber
    if references.count == 1, let person = references.persons.first {
      evidence.ofPerson = try register.cases(message.participant)
        .rows(ofPerson: person, with: message.counterparty.id).map(candidate)
      evidence.isChanging = try register.persons(message.participant).isChanging(person)
    }
    return evidence
  }

  private func candidates(_ rows: Set<Int64>) throws -> [LinkCandidate] { try rows.sorted().map(candidate) }

  private func candidate(_ row: Int64) throws -> LinkCandidate {
    guard let found = try db.row(sql: "SELECT participant, closedAt FROM caseRecord WHERE id = ?", arguments: [row])
    else { throw DatabaseError(message: "no such case") }
    let person = try register.cases(try ParticipantID(found["participant"])).person(of: row)
    return LinkCandidate(
      row: row, person: person, isOpen: found["closedAt"] as Int64? == nil,
      isProtected: try register.standing(of: person).countsAsProtected)
  }

  /// Whether an agreement covered the sender when the message came, or the node has none.
  private func isExpected(_ message: StoredMessage) throws -> Bool {
    let row = try db.row(
      sql: "SELECT agreement FROM messageAgreement WHERE messageRow = ?", arguments: [message.row])
    return row.map { ($0["agreement"] as String?) != nil } ?? true
  }

  /// The case of the message it answers, in the same mailbox and with the same organisation.
  private func replied(_ message: StoredMessage) throws -> Int64? {
    guard let reference = message.refToMessageID else { return nil }
    let rows = try Row.fetchAll(
      db.cachedStatement(
        sql: """
          SELECT \(StoredMessage.columns) FROM message WHERE messageId = ? AND participant = ? AND mailbox IS ?
          """), arguments: [reference.value, message.participant.comparable, message.ownMailbox?.value])
    for answered in try rows.map(StoredMessage.init)
    where answered.counterparty.id == message.counterparty.id && answered.row != message.row {
      if let link = try LinkTable.link(of: answered.row, in: db) { return link.caseRow }
    }
    return nil
  }

  /// The cases that the conversation's other messages belong to: (conversation id, counterparty, mailbox).
  private func conversation(_ message: StoredMessage) throws -> Set<Int64> {
    try Int64.fetchSet(
      db.cachedStatement(
        sql: """
          SELECT DISTINCT caseRow FROM conversation
          JOIN messageRecord ON messageRecord.conversation = conversation.id
          JOIN caseLink ON caseLink.messageRow = messageRecord.messageRow AND caseLink.state = 'linked'
          WHERE conversation.participant = ? AND conversation.mailbox = ? AND conversation.conversationId = ?
            AND conversation.counterparty = ?
          """),
      arguments: [
        message.participant.comparable, message.ownMailbox?.value ?? "", message.conversationID.value,
        message.counterparty.id.comparable,
      ])
  }
}

extension Linking {
  /// Looks again at what waits for what a row of the first loading tells.
  func examine(after row: CaseRow) throws {
    let persons = register.persons(row.tenant)
    let person = [LinkKey(row.person, persons)].compactMap(\.self)
    try examine(
      row.tenant,
      waitingFor: Set(person + row.references.filter { $0.kind == .caseNumber }.map { LinkKey($0, persons) }))
    if row.protection != nil, let person = try persons.row(of: row.person) {
      try coverWhereChanged(person: person, of: row.tenant)
    }
  }

  /// Looks again at messages that wait for what the register has learnt.
  func examine(_ tenant: ParticipantID, waitingFor keys: Set<LinkKey>) throws {
    for row in try LinkTable.messages(of: tenant, with: keys, limit: 1_000, in: db).sorted() {
      guard let found = try db.row(sql: "SELECT \(StoredMessage.columns) FROM message WHERE id = ?", arguments: [row])
      else { continue }
      try examine(StoredMessage(found))
    }
  }
}

extension StructuredFact {
  /// The organisation whose waiting messages it may concern, and what they wait for.
  func keys(_ register: CaseRegister) -> (ParticipantID, Set<LinkKey>)? {
    func person(_ number: PersonIdentityNumber?, _ tenant: ParticipantID) -> Set<LinkKey> {
      Set([number.flatMap { LinkKey($0, register.persons(tenant)) }].compactMap(\.self))
    }
    switch self {
    case .eventObserved(let event):
      let references = event.caseReferences.filter { $0.kind == .caseNumber }
        .map { LinkKey($0, register.persons(event.tenant)) }
      return (event.tenant, person(event.person, event.tenant).union(references))
    case .protectionChanged(let observation):
      return (observation.tenant, person(observation.person, observation.tenant))
    case .identifierChanged(let change):
      return (change.tenant, person(change.former, change.tenant).union(person(change.current, change.tenant)))
    case .caseClosed, .availability: return nil
    }
  }
}
