import Foundation
import Testing

@testable import Mailbox
@testable import SDKRelay

/// A node with an agreement about two mailboxes that may stand in for each other and one that may not, and their
/// administrators.
struct OfficeKit {
  let messages: MessageKit
  var service: MailboxService { messages.service }
  /// Administers both mailboxes.
  let head: Principal
  static let now = MessageKit.now
  static let (mailbox, neighbour) = (MessageKit.mailbox, MessageKit.neighbour)
  static let outside = MailboxID(AccessKit.organisation, try! FunctionalAddress("sdk:rektor"))

  init(agreement: String = Self.agreement(), notifications: NotificationSettings? = nil) async throws {
    messages = try MessageKit(agreements: agreement, notifications: notifications)
    for mailbox in [Self.mailbox, Self.neighbour, Self.outside] {
      try await messages.user("head", [.role(.mailboxAdministrator)], in: mailbox)
    }
    head = .user(try UserID("head"))
  }

  @discardableResult
  func configure(
    _ mailbox: MailboxID = mailbox, by principal: Principal? = nil, at now: Date = now,
    _ change: @escaping @Sendable (inout MailboxSettings) throws -> Void
  ) async throws -> ConfiguredMailbox {
    let version = try service.settings(of: mailbox, for: head, at: now).version
    return try await service.configure(mailbox, version: version, by: principal ?? head, at: now, change)
  }

  static func agreement(
    neighbourKinds: String = "[application, other]", neighbourProtected: Bool = true, to: String? = nil
  ) -> String {
    """
    id: ab
    version: 1
    date: 2020-01-01
    title: Utbyte
    validity:
      from: 2020-01-01
      \(to.map { "to: \($0)" } ?? "# without end")
    legalBasis: [1 a § lagen (2000:625)]
    parties:
      - participant: \(AccessKit.organisation)
        name: Vuxenutbildningen
        administrator: {name: Förvaltningen, contact: forvaltning@a.example.se}
        mailboxes:
          - {address: "sdk:antagning", name: Antagningen, purpose: P, hours: H, contact: C, protectedPersons: true}
          - {address: "sdk:studievagledning", name: Vägledningen, purpose: P, hours: H, contact: C,
             protectedPersons: \(neighbourProtected)}
          - {address: "sdk:rektor", name: Rektorn, purpose: P, hours: H, contact: C, protectedPersons: true}
      - participant: \(MessageKit.counterparty)
        name: Motparten
        administrator: {name: Samverkan, contact: samverkan@b.example.se}
        mailboxes:
          - {address: "sdk:registrator", name: Registratorn, purpose: P, hours: H, contact: C}
    routes:
      - {from: "sdk:antagning", to: "sdk:registrator", kinds: [application, other]}
      - {from: "sdk:registrator", to: "sdk:antagning", kinds: [other]}
      - {from: "sdk:studievagledning", to: "sdk:registrator", kinds: \(neighbourKinds)}
      - {from: "sdk:registrator", to: "sdk:studievagledning", kinds: [other]}
      - {from: "sdk:registrator", to: "sdk:rektor", kinds: [other]}
    fileTypes: [application/pdf]
    maximumSize: 1 MB
    answerWithinWorkingDays: 5
    retention: {days: 730, rule: Två år}
    """
  }
}
