import Foundation
import GRDB
import XMLSecurity

@testable import Mailbox
@testable import SDKRelay
@testable import StructuredBridge

/// A node whose bridge is at work, into whose mailbox messages come as the relay would deliver them.
struct LinkKit {
  let kit: BridgeKit
  let mailbox: MailboxID
  static let (now, counterparty, stranger) = (BridgeKit.now, BridgeKit.counterparty, BridgeKit.stranger)
  static let dnr = CaseReference(.caseNumber, of: .counterpart, "Af-2026/0000 3075")!

  init(agreement: ((String) -> String)? = nil) throws {
    kit = try BridgeKit { settings, node, folder in
      settings.isInUse = true
      guard let agreement else { return }
      let agreements = folder.appending(path: "agreements")
      try FileManager.default.createDirectory(at: agreements, withIntermediateDirectories: true)
      try Data(agreement(node.participants[0].id.value).utf8).write(to: agreements.appending(path: "one.yaml"))
      node.agreements = agreements
    }
    mailbox = MailboxID(kit.tenant, try FunctionalAddress("sdk:antagning"))
  }

  /// A message to put in; what is left out is made up.
  struct Plan: Sendable {
    var id = MessageID(UUID().uuidString)!
    var mailbox: MailboxID
    var direction = MessageDirection.incoming
    var counterparty = LinkKit.counterparty
    var conversation = MessageID(UUID().uuidString)!
    var answers: MessageID?
    var text = "En text"
    /// The sender's references, and those that are returned.
    var references: [Draft.Reference] = []
    var returned: [Draft.Reference] = []
    var attestation: Attestation?

    mutating func refer(_ number: PersonIdentityNumber) {
      let id = number.reference!
      references.append(Draft.Reference(root: id.root, value: id.extension))
    }
  }

  @discardableResult
  func deliver(
    _ change: (inout Plan) -> Void = { _ in }, kind: InformationKind? = nil
  ) async throws -> StoredMessage {
    var plan = Plan(mailbox: mailbox)
    change(&plan)
    let new = Self.message(plan)
    let (isIncoming, attestation) = (plan.direction == .incoming, plan.attestation)
    return try await kit.bridge.mailbox.relay.write { [service = kit.bridge.mailbox] db in
      let row = try MessageTable.insert(new, now: Self.now, event: "test", in: db)
      guard let message = try MessageTable.fetch(row, in: db) else { throw MessageProblem.notFound }
      if isIncoming {
        try service.relay.inbox?.deliver(message, in: db)
      } else {
        let audience = try service.companion?.audience(of: message, at: Self.now, in: db) ?? .mailbox
        try MessageRecordTable.insert(message, for: audience, in: db)
        if let kind {
          let permission = AgreementPermission.allowed(AgreementReference(id: "ab", version: 1))
          try AgreementTable.insert(message, permission, kind: kind, in: db)
        }
        try service.attest(message, attestation, by: .operator("drift"), in: db)
        try service.companion?.stored(message, at: Self.now, in: db)
      }
      return message
    }
  }

  private static func message(_ plan: Plan) -> NewMessage {
    let own = MessageParty(
      id: plan.mailbox.participant, label: "Egen", mailbox: plan.mailbox.address, mailboxLabel: nil)
    let other = MessageParty(
      id: plan.counterparty, label: "Motparten", mailbox: try? FunctionalAddress("sdk:registrator"), mailboxLabel: nil)
    let content = StoredContent(
      subject: "Ett ärende", isConfidential: false, references: plan.references, returnedReferences: plan.returned,
      documents: [StoredContent.Document(id: "1", texts: [plan.text], files: [])])
    let isIncoming = plan.direction == .incoming
    return NewMessage(
      participant: plan.mailbox.participant, direction: plan.direction, id: plan.id,
      status: isIncoming ? .new : .accepted, created: now, conversationID: plan.conversation,
      refToMessageID: plan.answers, sender: isIncoming ? other : own, recipient: isIncoming ? own : other,
      content: content)
  }

  /// What became of the message: outcome, step and reason; and how many cases stand with it.
  func outcome(_ message: StoredMessage) async throws -> String {
    try await kit.bridge.mailbox.relay.write { db in
      let link = try MessageLink(message, in: db)
      return "\(link.state.rawValue) \(link.step) \(link.reason) \(link.cases.count)"
    }
  }

  func caseOf(_ message: StoredMessage) async throws -> CaseID? {
    try await kit.bridge.mailbox.relay.write { db in
      let link = try MessageLink(message, in: db)
      return link.state == .linked ? link.cases.first?.id : nil
    }
  }

  /// An open case of an unprotected person.
  @discardableResult
  func open(
    _ person: PersonIdentityNumber = BridgeKit.person(), known references: [CaseReference] = [], isClear: Bool = true
  ) async throws -> CaseID {
    let id = try await kit.observe(kit.event(.needOfEducation, of: person, known: references))
    if isClear { try await kit.clear(person) }
    return id
  }

  /// The case's own opaque reference, given to the organisation.
  func issue(_ id: CaseID, to organisation: ParticipantID = counterparty) async throws -> Draft.Reference {
    let reference = CaseReference.issued()
    let tenant = kit.tenant
    try await kit.register { register in
      let cases = register.cases(tenant)
      try cases.add(reference, to: cases.row(of: id)!, issuedTo: organisation, at: register.now)
    }
    return reference.payload!
  }

  @discardableResult
  func user(_ name: String, _ kinds: [Grant.Kind] = [.role(.caseworker)]) async throws -> Principal {
    let id = try UserID(name)
    try await kit.bridge.mailbox.relay.write { [mailbox] db in
      if try UserTable.fetch(id, in: db) == nil {
        try UserTable.add(
          User(id: id, name: "Handläggare", participant: mailbox.participant, created: Self.now, ended: nil), in: db)
      }
      for kind in kinds {
        _ = try GrantTable.add(
          NewGrant(
            holder: .user(id), kind: kind, participant: mailbox.participant, mailbox: mailbox.address,
            start: Self.now - BridgeKit.day, end: nil), in: db)
      }
    }
    return .user(id)
  }

  static func agreement(_ tenant: String, more: String = "") -> String {
    """
    id: ab
    version: 1
    date: 2020-01-01
    title: Utbyte
    validity:
      from: 2020-01-01
    legalBasis: [1 a § lagen (2000:625)]
    parties:
      - participant: \(tenant)
        name: Vuxenutbildningen
        administrator: {name: Förvaltningen, contact: forvaltning@a.example.se}
        mailboxes:
          - {address: "sdk:antagning", name: Antagningen, purpose: P, hours: H, contact: C, protectedPersons: true}
      - participant: \(counterparty)
        name: Motparten
        administrator: {name: Samverkan, contact: samverkan@b.example.se}
        mailboxes:
          - {address: "sdk:registrator", name: Registratorn, purpose: P, hours: H, contact: C}
    routes:
      - {from: "sdk:antagning", to: "sdk:registrator", kinds: [application, other]}
      - {from: "sdk:registrator", to: "sdk:antagning", kinds: [needOfEducation, other]}
    fileTypes: [application/pdf]
    maximumSize: 1 MB
    answerWithinWorkingDays: 5
    retention: {days: 730, rule: Två år}
    \(more)
    """
  }
}
