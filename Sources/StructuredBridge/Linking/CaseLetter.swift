public import Foundation
import GRDB
public import Mailbox
public import SDKRelay

/// What a case fills in of a message about it.
public struct CaseLetter: Sendable {
  public let record: CaseRecord
  public let sender: Draft.Mailbox
  public let recipient: Draft.Mailbox
  /// Neutral: it stands in lists and logs of both sides, and names nobody.
  public let subject: String
  /// Our own opaque reference, which the answer brings back; the case number, where the case is registered; the person's
  /// number only where it was asked for and the agreement lets it.
  public let references: [Draft.Reference]
  /// Whether the message has to be under secrecy: the person counts as protected, or the counterpart has told something of the
  /// case in a class of information from 3 on (`AF-Confidentiality`).
  public let isConfidential: Bool
}

/// Why a case fills in nothing.
public enum CaseLetterProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// The organisation has no such case, or several.
  case noCase
  /// The case names no mailbox of ours, and none was given.
  case needsSender
  /// R2: no agreement in force lets the mailbox write to the counterparty about this.
  case ordinaryCooperation(InformationKind)
  /// Several of the counterparty's mailboxes may be written to: one has to be named.
  case severalMailboxes([FunctionalAddress])
  /// No agreement is there to choose by: name the recipient.
  case needsRecipient
  /// The mailbox takes no messages about protected persons.
  case notForProtected(FunctionalAddress)
  /// The agreement lets no numbers of persons into references, or the person counts as protected.
  case noPersonNumber

  public var description: String {
    switch self {
    case .noCase: "the organisation has no such case, or several"
    case .needsSender: "the case names no mailbox: say from which the message goes"
    case .ordinaryCooperation(let kind):
      "R2: no agreement in force lets the mailbox write to the case's counterparty about \(kind.rawValue): use ordinary "
        + "cooperation outside the system"
    case .severalMailboxes(let addresses):
      "several mailboxes may be written to; name one: \(addresses.map(\.value).joined(separator: ", "))"
    case .needsRecipient: "the node has no agreements to choose the recipient by: name it"
    case .notForProtected(let address):
      "R2: the person counts as protected, and by the agreement \(address) takes no messages about protected persons: use "
        + "ordinary cooperation outside the system"
    case .noPersonNumber:
      "the agreement lets no number of a person into references, or the person counts as protected: the case's own reference "
        + "leads back to it"
    }
  }
}

/// What somebody wants to write about a case.
public struct CaseLetterQuestion: Sendable {
  /// A case's id or any of its references.
  public var reference: String
  public var tenant: ParticipantID
  public var kind = InformationKind.other
  /// Nil for the case's own mailbox.
  public var sender: FunctionalAddress?
  /// Nil for the only one that the agreement lets.
  public var recipient: FunctionalAddress?
  public var withPersonNumber = false

  public init(_ reference: String, of tenant: ParticipantID) {
    self.reference = reference
    self.tenant = tenant
  }
}

extension AuditAction {
  public static let addressCase = AuditAction(rawValue: "case.address")
}

extension Bridge {
  /// Fills in what a case says of a message about it. Our own opaque reference is issued once a case and counterparty.
  /// - Throws: ``CaseLetterProblem``; `AccessDenied` where the principal may not send from the mailbox.
  public func letter(
    _ question: CaseLetterQuestion, by principal: Principal, through operator: Principal? = nil, at now: Date = .now
  ) async throws -> CaseLetter {
    let (settings, tenants) = (settings, tenants)
    let book = try mailbox.agreements?.book()
    let record = AuditRecord(principal, through: `operator`, .addressCase, participant: question.tenant)
    do {
      return try await mailbox.audited(record, at: now) { record, db in
        guard tenants.contains(question.tenant) else { throw CaseLetterProblem.noCase }
        let register = try CaseRegister(settings, tenants, at: now, in: db)
        let rows = try register.cases(question.tenant).rows(meantBy: question.reference)
        guard let row = rows.first, rows.count == 1 else { throw CaseLetterProblem.noCase }
        let found = try register.cases(question.tenant).fetch(row)
        let sender = try register.sender(question.sender ?? found.mailbox, of: row, question.tenant, for: principal)
        record.mailbox = sender.address
        record.name("case \(found.id)")
        return try LetterWriting(register: register, book: book, question: question).letter(found, row, sender)
      }
    } catch let denied as AccessDenied where denied.reason == .protectedPerson {
      // The trail has what was tried; whoever tried learns of no case.
      throw CaseLetterProblem.noCase
    }
  }
}

extension CaseRegister {
  /// Where somebody writes about the case from: whoever may send from there, and see what is about its person.
  /// - Parameter address: nil where neither the case nor the writer names any.
  fileprivate func sender(
    _ address: FunctionalAddress?, of row: Int64, _ tenant: ParticipantID, for principal: Principal
  ) throws -> MailboxID {
    let sender = address.map { MailboxID(tenant, $0) }
    if case .operator = principal {
      guard let sender else { throw CaseLetterProblem.needsSender }
      return sender
    }
    if let sender { try Access.check(principal, .send, sender, at: now, in: db) }
    let audience = try audience(ofPerson: cases(tenant).person(of: row))
    let places = try sender.map { [$0] } ?? Array(Access.reach(of: principal, .send, at: now, in: db).mailboxes)
    let isAllowed = try places.contains {
      try $0.participant == tenant && Access.allows(principal, .send, $0, for: audience, at: now, in: db)
    }
    guard isAllowed else { throw AccessDenied(permission: .send, reason: .protectedPerson, mayKnow: false) }
    guard let sender else { throw CaseLetterProblem.needsSender }
    return sender
  }
}

/// Fills a letter in, in the transaction of the caller.
private struct LetterWriting {
  let register: CaseRegister
  let book: AgreementBook?
  let question: CaseLetterQuestion

  func letter(_ record: CaseRecord, _ row: Int64, _ sender: MailboxID) throws -> CaseLetter {
    let cases = register.cases(record.tenant)
    let person = try cases.person(of: row)
    let isProtected = try register.standing(of: person).countsAsProtected
    let (recipient, agreement) = try recipient(of: record, from: sender)
    if isProtected, let agreement, agreement.party(record.counterparty)?.mailbox(recipient)?.protectedPersons != true {
      throw CaseLetterProblem.notForProtected(recipient)
    }
    var references = [try own(record, row)]
    references += record.references.filter { $0.kind == .caseNumber && $0.owner == .own }.compactMap(\.payload)
    if question.withPersonNumber {
      guard !isProtected, agreement?.personNumbersInReferences == true,
        let id = try number(of: person, record.tenant)?.reference
      else { throw CaseLetterProblem.noPersonNumber }
      references.append(Draft.Reference(root: id.root, value: id.extension))
    }
    let dnr = record.references.first { $0.kind == .caseNumber && $0.owner == .own }?.value
    return try CaseLetter(
      record: record, sender: Draft.Mailbox(sender.participant, sender.address),
      recipient: Draft.Mailbox(record.counterparty, recipient),
      subject: dnr.map { "Ärende \($0)" } ?? "Meddelande i ett ärende", references: references,
      isConfidential: isProtected || register.events(record.tenant).isClassified(ofCase: row))
  }

  /// The mailbox that the agreements let be written to about this, and the agreement.
  private func recipient(of record: CaseRecord, from sender: MailboxID) throws -> (FunctionalAddress, Agreement?) {
    guard let book else {
      guard let address = question.recipient else { throw CaseLetterProblem.needsRecipient }
      return (address, nil)
    }
    let day = Day(containing: register.now)
    var found: [(FunctionalAddress, Agreement)] = []
    for agreement in book.versions where agreement.validity.contains(day) {
      for route in agreement.routes
      where route.from == Agreement.Place(participant: sender.participant, address: sender.address)
        && route.to.participant == record.counterparty && route.kinds.contains(question.kind)
        && (question.recipient == nil || question.recipient == route.to.address)
        && !found.contains(where: { $0.0 == route.to.address })
      {
        found.append((route.to.address, agreement))
      }
    }
    guard let only = found.first else { throw CaseLetterProblem.ordinaryCooperation(question.kind) }
    guard found.count == 1 else { throw CaseLetterProblem.severalMailboxes(found.map(\.0)) }
    return only
  }

  /// Our own opaque reference of the case for its counterparty: the one that was given out, or a new one.
  private func own(_ record: CaseRecord, _ row: Int64) throws -> Draft.Reference {
    let known = try register.db.row(
      sql: """
        SELECT value FROM caseReference WHERE caseRow = ? AND kind = 'opaque' AND owner = 'own' AND issuedTo = ?
        """, arguments: [row, record.counterparty.comparable])
    let reference = known.flatMap { CaseReference(.opaque, of: .own, $0["value"]) } ?? .issued()
    if known == nil {
      try register.cases(record.tenant).add(reference, to: row, issuedTo: record.counterparty, at: register.now)
    }
    guard let payload = reference.payload else { throw CaseLetterProblem.noCase }
    return payload
  }

  private func number(of person: Int64, _ tenant: ParticipantID) throws -> PersonIdentityNumber? {
    try register.persons(tenant).fetch(person).identifiers.last { $0.ended == nil && $0.number.isMatchKey }?.number
  }
}
