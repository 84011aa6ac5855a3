import Foundation
import SDKRelay

/// An organisation's mailboxes as agreements in force name them or, where the node has no agreements, the directory.
struct AgreedMailboxes: Sendable {
  /// The mailboxes by address, with their names.
  let names: [FunctionalAddress: String?]
  /// Nil where the node has no agreements.
  let book: AgreementBook?

  func has(_ address: FunctionalAddress) -> Bool { names[address] != nil }

  func name(of address: FunctionalAddress) -> String? { names[address] ?? nil }
}

extension MailboxService {
  /// Empty for an organisation that this node does not serve.
  func agreedMailboxes(of participant: ParticipantID, at now: Date) async throws -> AgreedMailboxes {
    let book = try agreements?.book()
    guard relay.settings.participant(participant) != nil else { return AgreedMailboxes(names: [:], book: book) }
    if let book { return AgreedMailboxes(names: book.mailboxes(of: participant, at: now), book: book) }
    // One that the directory does not know has no mailboxes.
    let organisation = try await relay.directory.organizations().first { $0.id == participant }
    return AgreedMailboxes(
      names: Dictionary(
        (organisation?.mailboxes ?? []).map { ($0.address, $0.label) }, uniquingKeysWith: { first, _ in first }),
      book: nil)
  }
}

extension AgreementBook {
  /// The organisation's mailboxes by the agreements in force.
  func mailboxes(of participant: ParticipantID, at date: Date) -> [FunctionalAddress: String?] {
    let mailboxes = inForce(at: date).compactMap { $0.party(participant) }.flatMap(\.mailboxes)
    return Dictionary(mailboxes.map { ($0.address, Optional($0.name)) }, uniquingKeysWith: { first, _ in first })
  }

  /// Why one mailbox of an organisation cannot take over what another receives; nil when it can.
  ///
  /// Every agreement in force that has the one must have the other too, with each of its routes, in both directions and
  /// for the same kinds of information, and for protected persons where the one takes messages about them.
  func refusal(of other: FunctionalAddress, inPlaceOf mailbox: MailboxID, at date: Date) -> String? {
    for agreement in inForce(at: date) {
      guard let party = agreement.party(mailbox.participant), let agreed = party.mailbox(mailbox.address) else {
        continue
      }
      guard let stand = party.mailbox(other) else {
        return "the agreement \(agreement.reference) has no mailbox \(other) of \(mailbox.participant)"
      }
      if agreed.protectedPersons && !stand.protectedPersons {
        return "by the agreement \(agreement.reference) \(other) takes no messages on protected persons, and "
          + "\(mailbox.address) does"
      }
      if let refusal = agreement.missingRoute(of: other, inPlaceOf: mailbox) { return refusal }
    }
    return nil
  }

  private func inForce(at date: Date) -> [Agreement] {
    let day = Day(containing: date)
    return versions.filter { $0.validity.contains(day) }
  }
}

extension Agreement {
  fileprivate func missingRoute(of other: FunctionalAddress, inPlaceOf mailbox: MailboxID) -> String? {
    let place = Place(participant: mailbox.participant, address: mailbox.address)
    let stand = Place(participant: mailbox.participant, address: other)
    for route in routes where route.from == place || route.to == place {
      let (from, to) = (route.from == place ? stand : route.from, route.to == place ? stand : route.to)
      let kinds = routes.filter { $0.from == from && $0.to == to }.flatMap(\.kinds)
      guard let missing = route.kinds.first(where: { !kinds.contains($0) }) else { continue }
      return "by the agreement \(reference) \(from.address) does not write to \(to.address) about \(missing.rawValue)"
    }
    return nil
  }
}
