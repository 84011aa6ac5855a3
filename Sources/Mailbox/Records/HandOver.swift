public import Foundation
import GRDB
public import SDKRelay
import XMLSecurity

/// What a case system (ärendesystem) says that it has taken over.
public struct HandOverReceipt: Hashable, Sendable {
  /// The system's name: 1 to 64 letters, digits, spaces and `. - _`.
  public var system: String
  /// The dnr it was registered under there. An unregistered message is registered under it here, too.
  public var dnr: String?
  /// The SHA-256 of the whole readable content as the receiver has it (docs/records.md), in hexadecimal.
  public var content: String
  /// The SHA-256 of each attachment as the receiver has it, in hexadecimal, in the message's order.
  public var files: [String]

  public init(system: String, dnr: String? = nil, content: String, files: [String]) {
    self.system = system
    self.dnr = dnr
    self.content = content
    self.files = files
  }
}

/// A message that a case system has, verified by its digests.
public struct HandOver: Hashable, Sendable {
  public let system: String
  public let dnr: String?
  public let time: Date
  /// Who handed it over: the kind of principal and its name.
  public let by: String
}

/// Why a message does not count as handed over.
public enum HandOverProblem: Error, Hashable, Sendable, CustomStringConvertible {
  case system
  /// The receiver has another number of attachments.
  case fileCount(received: Int, held: Int)
  /// The attachment in this place, from 1, is another one there.
  case file(Int)
  /// Attachments are the same, and what is said around them is not.
  case content
  case notFinal(MessageStatus)
  case isCulled

  public var description: String {
    switch self {
    case .system: "a system's name has 1 to 64 letters, digits, spaces and . - _, and no identity number"
    case .fileCount(let received, let held): "the receiver has \(received) attachments, the message has \(held)"
    case .file(let place): "the receiver has another attachment \(place): its SHA-256 is not that of the message's"
    case .content: "the receiver has another content: its SHA-256 is not that of the message's"
    case .notFinal(let status): "the message is \(status.rawValue); it can be handed over when it is final"
    case .isCulled: "the message has been culled: there is nothing to verify any more"
    }
  }
}

extension AuditAction {
  public static let handOverMessage = AuditAction(rawValue: "message.handOver")
}

extension MailboxService {
  /// Hands the message over to a case system: what the receiver says it has is compared with what is here, and only if
  /// all of it is the same it counts as handed over and verified, which a rule of retention may ask for. That a client
  /// takes a message off the MT–MK interface (``take(_:by:at:)``) does not count.
  ///
  /// A technical client needs the scope `deleteMessage`, a user the right to register. The same again is answered as the
  /// first time.
  /// - Throws: ``HandOverProblem``, ``RegisterProblem``, ``MessageProblem/notFound``.
  @discardableResult
  public func handOver(
    _ id: MessageID, direction: MessageDirection? = nil, receipt: HandOverReceipt, by principal: Principal,
    through operator: Principal? = nil, at now: Date = .now
  ) async throws -> HandOver {
    let record = AuditRecord(principal, through: `operator`, .handOverMessage, messageID: id)
    return try await audited(record, at: now) { record, db in
      let message = try Self.handable(id, direction, for: principal, at: now, in: db)
      (record.participant, record.mailbox) = (message.participant, message.ownMailbox)
      guard receipt.hasSystemName else { throw HandOverProblem.system }
      record.object = [record.object, "to \(receipt.system)"].compactMap(\.self).joined(separator: ", ")
      guard message.content.culled == nil else { throw HandOverProblem.isCulled }
      guard message.status.isFinal else { throw HandOverProblem.notFinal(message.status) }
      try receipt.verify(message.content)
      if let former = try HandOverTable.fetch(message, in: db) { return former }
      return try Self.keep(receipt, message, by: principal, at: now, in: db)
    }
  }

  private static func keep(
    _ receipt: HandOverReceipt, _ message: StoredMessage, by principal: Principal, at now: Date, in db: Database
  ) throws -> HandOver {
    let dnr = try receipt.dnr.map { try RegisterFacts.normalizedDnr($0) }
    let handOver = HandOver(
      system: receipt.system, dnr: dnr, time: Date(milliseconds: now.milliseconds),
      by: "\(principal.kind) \(principal.name)")
    try HandOverTable.insert(handOver, ContentDigest.make(of: message.content), of: message, in: db)
    let entry = try RegisterTable.entry(of: message, in: db)
    if let dnr, entry.state == .unregistered {
      let facts = try RegisterProposal(message).facts(dnr: dnr)
      _ = try take(.register(facts), entry.version, at: message, by: principal, at: now, in: db)
    }
    try Relay.record("handed over to the case system and verified", about: message, at: now, in: db)
    return handOver
  }

  /// Also a message that a client has taken: taking is not handing over.
  private static func handable(
    _ id: MessageID, _ direction: MessageDirection?, for principal: Principal, at now: Date, in db: Database
  ) throws -> StoredMessage {
    let permission: Permission = if case .client = principal { .remove } else { .register }
    let access = AccessFilter(
      principal, permission, at: now, participant: "message.participant", mailbox: "message.mailbox",
      isProtected: "messageRecord.isProtected")
    let row = try db.row(
      sql: """
        SELECT \(StoredMessage.columns) FROM message JOIN messageRecord ON messageRow = message.id
        WHERE messageId = ? AND (? IS NULL OR direction = ?) AND \(access.sql) ORDER BY message.id DESC LIMIT 1
        """, arguments: [id.value, direction?.rawValue, direction?.rawValue] + access.arguments)
    guard let row else { throw MessageProblem.notFound }
    return try StoredMessage(row)
  }
}

extension HandOverReceipt {
  fileprivate var hasSystemName: Bool {
    system.wholeMatch(of: /[\p{L}\p{N}][\p{L}\p{N} ._\-]{0,63}/) != nil && !IdentityNumbers.areIn(system)
  }

  fileprivate func verify(_ held: StoredContent) throws(HandOverProblem) {
    let own = held.files
    guard files.count == own.count else { throw .fileCount(received: files.count, held: own.count) }
    for (index, (theirs, ours)) in zip(files, own).enumerated() where !sameBytes(theirs.lowercased(), ours.sha256) {
      throw .file(index + 1)
    }
    guard sameBytes(content.lowercased(), Hexadecimal.encode(ContentDigest.make(of: held))) else { throw .content }
  }
}

/// What has been handed over and verified; a row is written once.
enum HandOverTable {
  static let schema = """
    CREATE TABLE handOver (
      messageRow INTEGER PRIMARY KEY REFERENCES message (id),
      at INTEGER NOT NULL,
      by TEXT NOT NULL,
      system TEXT NOT NULL,
      dnr TEXT COLLATE NOCASE,
      contentSha256 BLOB NOT NULL
    ) STRICT;
    """

  static func insert(_ handOver: HandOver, _ sha256: [UInt8], of message: StoredMessage, in db: Database) throws {
    try db.change(
      sql: "INSERT INTO handOver (messageRow, at, by, system, dnr, contentSha256) VALUES (?, ?, ?, ?, ?, ?)",
      arguments: [
        message.row, handOver.time.milliseconds, handOver.by, handOver.system, handOver.dnr, Data(sha256),
      ])
  }

  static func fetch(_ message: StoredMessage, in db: Database) throws -> HandOver? {
    try db.row(sql: "SELECT at, by, system, dnr FROM handOver WHERE messageRow = ?", arguments: [message.row])
      .map { HandOver(system: $0["system"], dnr: $0["dnr"], time: Date(milliseconds: $0["at"]), by: $0["by"]) }
  }
}
