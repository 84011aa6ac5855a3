import Foundation
import GRDB
import SDKRelay

extension AuditAction {
  public static let forwardMessage = AuditAction(rawValue: "message.forward")
  public static let assignMessage = AuditAction(rawValue: "handling.assign")
}

/// What a mailbox's settings do with a message that arrives, in the transaction that delivers it.
struct Arrival {
  /// Nil where the node has no agreements.
  let agreements: AgreementWatch?
  let audit: Audit?
  let now: Date
  let db: Database

  /// Puts the message into the mailbox that stands in for the one it came to, where there is one. It keeps the address
  /// that its sender wrote; whose grants count, and where it is listed and found, is the other mailbox.
  ///
  /// One step, never a chain. What the agreements no longer allow is not done: the message stays where it came.
  /// - Returns: the message, and the settings of the mailbox that has it.
  func forward(_ message: StoredMessage) throws -> (StoredMessage, MailboxSettings?) {
    guard let address = message.ownMailbox else { return (message, nil) }
    let mailbox = MailboxID(message.participant, address)
    let configured = try settings(of: mailbox)
    guard let configured, let forwarding = configured.settings.forwarding, forwarding.isActive(at: now),
      allows(forwarding.to, mailbox)
    else { return (message, configured?.settings) }
    try db.change(
      sql: "UPDATE message SET mailbox = ? WHERE id = ?", arguments: [forwarding.to.value, message.row])
    let record = AuditRecord(
      .service, .forwardMessage, participant: mailbox.participant, mailbox: address, messageID: message.id,
      object: "to \(forwarding.to) by version \(configured.version)")
    try audit?.append(record, at: now, in: db)
    let row = try db.row(sql: "SELECT \(StoredMessage.columns) FROM message WHERE id = ?", arguments: [message.row])
    guard let row else { throw DatabaseError(message: "a message is not there") }
    return (try StoredMessage(row), try settings(of: MailboxID(mailbox.participant, forwarding.to))?.settings)
  }

  /// Mail comes in also where the key of the settings cannot be had: then nothing is done with it.
  private func settings(of mailbox: MailboxID) throws -> ConfiguredMailbox? {
    do {
      return try MailboxSettingsTable.stored(mailbox, in: db)
    } catch is ContentProblem {
      return nil
    }
  }

  /// Gives the message to the mailbox's default handler, as long as that user may work at it, and tells whoever is to be
  /// told.
  func announce(_ message: StoredMessage, by settings: MailboxSettings?) throws {
    guard let address = message.ownMailbox, let settings else { return }
    let mailbox = MailboxID(message.participant, address)
    if let user = try settings.defaultHandler.map({ try UserID($0) }),
      try Access.allows(
        .user(user), .handle, mailbox, for: HandlingTable.state(of: message, in: db).audience, at: now,
        in: db)
    {
      try HandlingTable.assign(message, to: user, at: now, in: db)
      let record = AuditRecord(
        .service, .assignMessage, participant: mailbox.participant, mailbox: address, messageID: message.id,
        object: "user \(user)")
      try audit?.append(record, at: now, in: db)
    }
    try NotificationTable.note(.newMessage, in: mailbox, settings, at: now, in: db)
  }

  private func allows(_ target: FunctionalAddress, _ mailbox: MailboxID) -> Bool {
    guard let agreements else { return true }
    guard let book = try? agreements.book() else { return false }
    return book.mailboxes(of: mailbox.participant, at: now)[target] != nil
      && book.refusal(of: target, inPlaceOf: mailbox, at: now) == nil
  }
}
