import Foundation
import GRDB
import Mailbox
import SDKRelay

/// The bridge's side of a message's first moment.
struct BridgeCompanion: MessageCompanion {
  let settings: BridgeSettings
  /// The organisations of this node.
  let tenants: Set<ParticipantID>
  /// Nil where the node has no agreements.
  let agreements: AgreementWatch?

  var schema: String { BridgeSchema.name }

  func register(in migrator: inout DatabaseMigrator) {
    BridgeSchema.register(in: &migrator)
  }

  /// Where nobody has set up the bridge, marks are people's own.
  func audience(of message: StoredMessage, at now: Date, in db: Database) throws -> Audience {
    guard settings.isInUse else { return .mailbox }
    do {
      return try MessageCover(of: message, CaseRegister(settings, tenants, at: now, in: db)).audience
    } catch is ContentProblem {
      return .protectedPersons
    }
  }

  func audiences(
    of draft: DraftContent, from mailbox: MailboxID, at now: Date, in db: Database
  ) throws -> Set<Audience> {
    guard settings.isInUse else { return [] }
    // The register's key is made with the first thing that is written in it: before that it knows nobody.
    guard try db.row(sql: "SELECT 1 FROM roomKey WHERE use = 'bridge'", arguments: []) != nil else { return [] }
    do {
      return try DraftCover(of: draft, mailbox.participant, CaseRegister(settings, tenants, at: now, in: db)).audiences
    } catch is ContentProblem {
      return [.protectedPersons]
    }
  }

  func protectedNumbers(in message: StoredMessage, at now: Date, in db: Database) throws -> [String] {
    guard settings.isInUse else { return [] }
    do {
      return try LeavingNumbers(of: message, CaseRegister(settings, tenants, at: now, in: db)).protected
    } catch is ContentProblem {
      throw SubmissionProblem.unavailable("the register's key is not in the settings")
    }
  }

  func stored(_ message: StoredMessage, at now: Date, in db: Database) throws {
    guard settings.isInUse else { return }
    do {
      let register = try CaseRegister(settings, tenants, at: now, in: db)
      try Linking(register: register).examine(
        message, mayLinkByNumber: agreement(of: message, in: db)?.0.linksByPersonNumber ?? false)
      try choose(message, register)
    } catch is ContentProblem {
      // Mail goes its way; what the bridge cannot look at now it looks at once it can.
      try LinkTable.keep("later", step: 7, reason: "keyMissing", of: message, at: now, in: db)
    }
  }

  /// What the agreement lets be told through SDK is advised on, and the agreement makes it a remark or an end.
  private func choose(_ message: StoredMessage, _ register: CaseRegister) throws {
    let db = register.db
    guard message.direction == .outgoing, let (agreement, kind) = try agreement(of: message, in: db), let kind else {
      return
    }
    let choice = ChannelChoice(
      kind, hasFiles: !message.content.files.isEmpty, isLinked: try LinkTable.link(of: message.row, in: db) != nil,
      api: try AvailabilityTable.state(of: message.participant, in: db), settings.live)
    if let remark = choice.remark, agreement.structuredInformation == .stop {
      throw SubmissionProblem.refused("by the agreement \(agreement.reference) this does not go by SDK so: \(remark)")
    }
    try ChannelChoiceTable.insert(choice, of: message, at: register.now, in: db)
  }

  /// The agreement that the message goes or came under, and what it is about.
  private func agreement(of message: StoredMessage, in db: Database) throws -> (Agreement, InformationKind?)? {
    let row = try db.row(
      sql: "SELECT agreement, version, kind FROM messageAgreement WHERE messageRow = ?", arguments: [message.row])
    guard let row, let id = row["agreement"] as String?, let book = try? agreements?.book() else { return nil }
    let version: Int = row["version"]
    return book.versions(of: id).first { $0.version == version }
      .map { ($0, (row["kind"] as String?).flatMap(InformationKind.init)) }
  }

  func told(_ news: DeliveryNews, of message: StoredMessage, at now: Date, in db: Database) throws {
    try CaseFeedTable.tell(news, of: message, at: now, in: db)
  }
}
