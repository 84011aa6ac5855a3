public import Foundation
import GRDB
public import SDKRelay

/// A mailbox as a principal sees it in a list.
public struct VisibleMailbox: Hashable, Sendable {
  public let id: MailboxID
  /// The name in the directory; nil where the directory does not name it.
  public let name: String?
  /// How many received messages nobody has marked done, of those the user may list; nil where they may list none, and
  /// for technical clients, whose own have been taken out of the lists and not out of the counts.
  public let unhandled: Int?
}

extension MailboxService {
  /// The mailboxes that the principal may know of, in order.
  public func mailboxes(for principal: Principal, at now: Date = .now) async throws -> [VisibleMailbox] {
    let reach = try relay.read { try Access.reach(of: principal, .seeMailbox, at: now, in: $0) }
    var seen = reach.mailboxes
    var names: [MailboxID: String] = [:]
    for participant in relay.settings.participants.map(\.id) {
      guard let organization = try? await relay.directory.organization(participant) else { continue }
      for mailbox in organization.mailboxes {
        let id = MailboxID(participant, mailbox.address)
        names[id] = mailbox.label
        if reach.isEverywhere || reach.organisations.contains(participant) { seen.insert(id) }
      }
    }
    var counts: [MailboxID: Int] = [:]
    if case .user = principal { counts = try unhandled(for: principal, at: now) }
    return seen.sorted { $0.description < $1.description }.map {
      VisibleMailbox(id: $0, name: names[$0], unhandled: counts[$0])
    }
  }
}
