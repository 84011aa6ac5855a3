public import Foundation
import GRDB
public import SDKRelay

/// Which of the register's lines to list, newest first. Every condition narrows.
public struct RegisterQuery: Sendable {
  public enum State: String, Hashable, Sendable, CaseIterable {
    case unregistered, registered, cullable
    /// Whatever the register said before.
    case culled
  }

  /// Nil for every mailbox that may be seen.
  public var mailbox: MailboxID?
  public var dnr: String?
  public var counterparty: ParticipantID?
  public var state: State?
  /// By the register's date: from, and before.
  public var from: Date?
  public var until: Date?
  /// The message with this id only.
  public var message: MessageID?
  /// Only lines before the one with this number: the last of the former page.
  public var before: Int64?
  /// At most so many, 1 to 1,000.
  public var limit = 50

  public init() {}
}

/// A line of the register, with what the message proposes where it is not registered.
public struct RegisterLine: Sendable {
  /// The message's number (``StoredMessage/row``).
  public let number: Int64
  public let messageID: MessageID
  public let mailbox: MailboxID
  public let direction: MessageDirection
  public let entry: RegisterEntry
  public let proposal: RegisterProposal
  public let handedOver: HandOver?
  public let isHeld: Bool
  /// Whether the message is marked as about a protected person.
  public let isProtected: Bool

  /// What the public may be shown of it: nil while it is not registered.
  public var publicFacts: PublicRegisterFacts? {
    entry.facts.map { facts in
      PublicRegisterFacts(
        date: facts.date, dnr: facts.dnr,
        counterparty: facts.isCounterpartySecret || isProtected
          ? nil : IdentityNumbers.maskedWhereCertain(in: facts.counterparty),
        matter: facts.isMatterSecret || isProtected ? nil : IdentityNumbers.maskedWhereCertain(in: facts.matter))
    }
  }
}

/// The four facts without what is marked as secret, or may tell of a protected person.
public struct PublicRegisterFacts: Hashable, Sendable {
  public let date: Date
  public let dnr: String
  public let counterparty: String?
  public let matter: String?
}

extension AuditAction {
  public static let listRegister = AuditAction(rawValue: "register.list")
}

extension MailboxService {
  /// The register's lines that match and that the principal may see.
  /// - Parameter operator: who asks in the user's name at the command line: the audit trail names both.
  public func register(
    _ query: RegisterQuery, for principal: Principal, through operator: Principal? = nil, at now: Date = .now
  ) async throws -> [RegisterLine] {
    guard `operator` != nil else { return try relay.read { try query.fetch(for: principal, at: now, in: $0) } }
    let place = query.mailbox
    let record = AuditRecord(
      principal, through: `operator`, .listRegister, participant: place?.participant, mailbox: place?.address,
      messageID: query.message)
    return try await auditedRead(record, at: now) { try query.fetch(for: principal, at: now, in: $1) }
  }
}

extension RegisterQuery {
  private typealias Found = (message: StoredMessage, entry: RegisterEntry, isProtected: Bool)

  fileprivate func fetch(for principal: Principal, at now: Date, in db: Database) throws -> [RegisterLine] {
    let reach = try Access.reach(of: principal, .list, at: now, in: db).mailboxes
    let limit = min(max(limit, 1), 1_000)
    var found: [Found] = []
    for mailbox in reach where self.mailbox == nil || self.mailbox == mailbox {
      found += try fetch(in: mailbox, limit, for: principal, at: now, in: db)
    }
    return try found.sorted { $0.message.row > $1.message.row }.prefix(limit).map { message, entry, isProtected in
      guard let address = message.ownMailbox else { throw MessageProblem.notFound }
      return RegisterLine(
        number: message.row, messageID: message.id, mailbox: MailboxID(message.participant, address),
        direction: message.direction, entry: entry, proposal: try RegisterProposal.fetch(message, in: db),
        handedOver: try HandOverTable.fetch(message, in: db), isHeld: try LegalHoldTable.isHeld(message, in: db),
        isProtected: isProtected)
    }
  }

  private func fetch(
    in mailbox: MailboxID, _ limit: Int, for principal: Principal, at now: Date, in db: Database
  ) throws -> [Found] {
    let access = AccessFilter(messages: principal, .list, at: now)
    var conditions = ["message.participant = ?", "message.mailbox = ?", "message.id < ?", access.sql]
    var arguments: StatementArguments = [mailbox.participant.comparable, mailbox.address.value, before ?? .max]
    arguments += access.arguments
    func add(_ condition: String, _ values: StatementArguments) {
      conditions.append(condition)
      arguments += values
    }
    if let message { add("message.messageId = ?", [message.value]) }
    if let dnr {
      let sought = (try? RegisterFacts.normalizedDnr(dnr)) ?? ""
      add(
        "message.id IN (SELECT messageRow FROM registerEntry WHERE participant = ? AND dnr = ?)",
        [mailbox.participant.comparable, sought])
    }
    if let counterparty {
      add(
        "messageRecord.conversation IN (SELECT id FROM conversation WHERE participant = ? AND counterparty = ?)",
        [mailbox.participant.comparable, counterparty.comparable])
    }
    switch state {
    case .culled: add("culledAt IS NOT NULL", [])
    case .some(let state): add("registerEntry.state = ? AND culledAt IS NULL", [state.rawValue])
    case nil: break
    }
    if let from { add("registerEntry.date >= ?", [from.milliseconds]) }
    if let until { add("registerEntry.date < ?", [until.milliseconds]) }
    return try Row.fetchAll(
      db,
      sql: """
        SELECT \(StoredMessage.columns), \(RegisterTable.columns), messageRecord.isProtected
        FROM message CROSS JOIN messageRecord ON messageRecord.messageRow = message.id
          CROSS JOIN registerEntry ON registerEntry.messageRow = message.id
        WHERE \(conditions.joined(separator: " AND ")) ORDER BY message.id DESC LIMIT ?
        """, arguments: arguments + [limit]
    ).map { (try StoredMessage($0), try RegisterEntry($0), $0["isProtected"]) }
  }
}
