import Foundation
import GRDB
import Mailbox
import SDKRelay

/// Whom a message is for, by what the register knows now of everybody it is about: those that its references name, and those
/// whose cases it belongs to or may belong to.
struct MessageCover {
  let audience: Audience
  /// Whether nothing but that nobody knew could have covered it: all are known, and the population register has never had a
  /// mark of any of them.
  let isFree: Bool

  /// - Throws: `ContentProblem` where the message cannot be read.
  init(of message: StoredMessage, _ register: CaseRegister) throws {
    let db = register.db
    let references = try MessageReferences(message, register)
    var persons = references.persons
    let cases = try Int64.fetchSet(
      db.cachedStatement(
        sql: "SELECT caseRow FROM caseLink WHERE messageRow = ? AND state IN ('linked', 'proposed')"),
      arguments: [message.row])
    for row in cases.union(references.returned).union(references.numbered) {
      persons.insert(try register.cases(message.participant).person(of: row))
    }
    var audiences = Set(try persons.map { try register.audience(ofPerson: $0) })
    // Of whom nobody knows anything it is not known that they are not protected.
    if references.unknown > 0 { audiences.insert(.protectedPersons) }
    audience = try AccessListTable.combined(audiences, of: message.participant, in: db)
    isFree =
      try !audience.isProtected && !persons.isEmpty
      && persons.allSatisfy { try !ProtectionTable.hasHadMarks($0, in: db) }
  }
}

extension CaseRegister {
  /// Whom what is about the person is for now.
  func audience(ofPerson row: Int64) throws -> Audience {
    guard try standing(of: row).countsAsProtected else { return .mailbox }
    return try PersonTable.accessList(of: row, in: db).map(Audience.accessList) ?? .protectedPersons
  }
}

extension Linking {
  /// Why a message is looked at anew.
  enum Change {
    /// The message, or somebody it is about, is known better.
    case learnt
    /// The register's answer about a person has come or has grown old, or whom they are for.
    case person
    /// Somebody has decided what the message belongs to.
    case decided
  }

  /// Has the message covered as what is known of it demands. Only an answer uncovers, and only what nothing but a missing
  /// answer had covered: everything else stays covered until a person takes the mark off.
  func cover(_ message: StoredMessage, _ change: Change = .learnt) throws {
    guard message.contentProblem == nil else { return }
    let (db, now) = (register.db, register.now)
    let cover = try MessageCover(of: message, register)
    let former = try MailboxService.audience(of: message, in: db).audience
    var audience = cover.audience
    if !audience.isProtected, change != .person || !cover.isFree {
      // A list that a wrong link had put the message on is for others.
      audience = change == .decided && former.isProtected ? .protectedPersons : former
    }
    let isChanged = try MailboxService.show(message, to: audience, at: now, in: db)
    // From everybody it goes to fewer, who have had it all.
    if isChanged, former.isProtected { try CaseFeedTable.tellAgain(of: message, in: db) }
  }

  /// As ``cover(person:of:)``, where how the person counts has changed since what is about them was covered or not.
  func coverWhereChanged(person row: Int64, of tenant: ParticipantID) throws {
    guard try register.standing(of: row).countsAsProtected != PersonTable.isCovered(row, in: register.db) else {
      return
    }
    try cover(person: row, of: tenant)
  }

  /// Has everything covered that is about the person: each message that belongs to a case of theirs, is proposed for one, or
  /// names them.
  func cover(person row: Int64, of tenant: ParticipantID) throws {
    let (db, persons) = (register.db, register.persons(tenant))
    let keys = try persons.fetch(row).identifiers.compactMap { LinkKey($0.number, persons) }
    var messages = try LinkTable.messages(of: tenant, with: Set(keys), in: db)
    for row in try register.cases(tenant).rows(ofPerson: row) {
      messages.formUnion(
        try Int64.fetchAll(
          db.cachedStatement(
            sql: "SELECT messageRow FROM caseLink WHERE caseRow = ? AND state IN ('linked', 'proposed')"),
          arguments: [row]))
    }
    // What answers another one comes after it.
    for row in messages.sorted() {
      let found = try db.row(sql: "SELECT \(StoredMessage.columns) FROM message WHERE id = ?", arguments: [row])
      if let found { try cover(StoredMessage(found), .person) }
    }
    try persons.setCovered(try register.standing(of: row).countsAsProtected, row)
  }
}
