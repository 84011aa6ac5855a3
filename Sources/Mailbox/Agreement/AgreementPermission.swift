public import Foundation
public import SDKRelay

/// Whether a message may be written, by the agreements in force.
public enum AgreementPermission: Hashable, Sendable {
  /// Under this version.
  case allowed(AgreementReference)
  case refused(Refusal)

  /// Why no agreement allows a message.
  public struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
    public let reason: Reason
    /// A whole sentence without its stop, for whoever wrote the message. It has addresses and days, never content.
    public let description: String
    /// How near an agreement comes that lacks as much: one that has one of the mailboxes is nearer than one with neither.
    var nearness = 0
  }

  /// From the most to the least that is missing.
  public enum Reason: String, Hashable, Sendable, Codable, CaseIterable {
    case noAgreement, ended, notYetInForce, mailboxNotAgreed, directionNotAgreed, kindNotAgreed, fileTypeNotAgreed
    case tooLarge
  }

  /// An attachment, as far as agreements speak of it.
  public struct Attachment: Hashable, Sendable {
    /// The media type; parameters do not count.
    public let type: String
    /// In bytes.
    public let size: Int

    public init(type: String, size: Int) {
      self.type = type
      self.size = size
    }
  }
}

extension AgreementBook {
  /// Whether one mailbox may write to another about a kind of information. What no agreement lists is refused, and the
  /// refusal is that of the agreement which comes closest.
  public func permission(
    from sender: Draft.Mailbox, to recipient: Draft.Mailbox, kind: InformationKind,
    attachments: [AgreementPermission.Attachment],
    at date: Date
  ) -> AgreementPermission {
    decision(Agreement.Place(sender), Agreement.Place(recipient), at: date) {
      $0.refusal($1, kind) ?? $0.refusal(attachments)
    }
  }

  /// The agreement by which one mailbox writes to another at all, whatever about: what can be said of a message that
  /// somebody else has written.
  /// - Parameter sender: its address may have been left out.
  public func coverage(
    from sender: (participant: ParticipantID, address: FunctionalAddress?), to recipient: Draft.Mailbox, at date: Date
  ) -> AgreementPermission {
    guard let address = sender.address else {
      return decision(sender.participant, recipient.participant, at: date) { agreement in
        .init(
          .mailboxNotAgreed, "the sender names no mailbox, and the agreement \(agreement.reference) has only mailboxes")
      }
    }
    let place = Agreement.Place(participant: sender.participant, address: address)
    return decision(place, Agreement.Place(recipient), at: date) { _, _ in nil }
  }

  private func decision(
    _ sender: Agreement.Place, _ recipient: Agreement.Place, at date: Date,
    _ further: (Agreement, Agreement.Route) -> AgreementPermission.Refusal?
  ) -> AgreementPermission {
    decision(sender.participant, recipient.participant, at: date) { agreement in
      switch agreement.route(from: sender, to: recipient) {
      case .success(let route): further(agreement, route)
      case .failure(let refusal): refusal
      }
    }
  }

  /// The first agreement between the two without a refusal, or the refusal that comes closest.
  private func decision(
    _ sender: ParticipantID, _ recipient: ParticipantID, at date: Date,
    _ refusal: (Agreement) -> AgreementPermission.Refusal?
  ) -> AgreementPermission {
    let day = Day(containing: date)
    var closest = AgreementPermission.Refusal(.noAgreement, "there is no agreement between \(sender) and \(recipient)")
    for id in ids {
      let between = versions(of: id).filter { $0.party(sender) != nil && $0.party(recipient) != nil }
      let current = between.first { $0.validity.contains(day) }
      if let current, sender != recipient {
        guard let refusal = refusal(current) else { return .allowed(current.reference) }
        closest = max(closest, refusal)
      } else if let refusal = Self.outOfForce(between, on: day), sender != recipient {
        closest = max(closest, refusal)
      }
    }
    return .refused(closest)
  }

  /// What to say where none of an agreement's versions is in force: the next one to come, else the last one.
  private static func outOfForce(_ versions: [Agreement], on day: Day) -> AgreementPermission.Refusal? {
    if let next = versions.first(where: { day < $0.validity.from }) {
      return .init(.notYetInForce, "the agreement \(next.reference) is not in force before \(next.validity.from)")
    }
    guard let last = versions.last, let end = last.validity.to else { return nil }
    return .init(.ended, "the agreement \(last.id) ended on \(end)")
  }

  private func max(_ one: AgreementPermission.Refusal, _ other: AgreementPermission.Refusal)
    -> AgreementPermission.Refusal
  {
    let order = AgreementPermission.Reason.allCases
    let places = [one, other].map { (order.firstIndex(of: $0.reason) ?? 0, $0.nearness) }
    return places[1] > places[0] ? other : one
  }
}

extension AgreementPermission.Refusal {
  fileprivate init(_ reason: AgreementPermission.Reason, _ sentence: String) {
    self.init(reason: reason, description: sentence)
  }
}

extension Agreement {
  /// The route between two mailboxes of different parties.
  fileprivate func route(from sender: Place, to recipient: Place) -> Result<Route, AgreementPermission.Refusal> {
    let missing = [sender, recipient].filter { party($0.participant)?.mailbox($0.address) == nil }
    if !missing.isEmpty {
      let names = missing.map { "no mailbox \($0.address) of \($0.participant)" }.joined(separator: " and ")
      var refusal = AgreementPermission.Refusal(.mailboxNotAgreed, "the agreement \(reference) has \(names)")
      refusal.nearness = 2 - missing.count
      return .failure(refusal)
    }
    guard let route = routes.first(where: { $0.from == sender && $0.to == recipient }) else {
      return .failure(
        .init(
          .directionNotAgreed,
          "by the agreement \(reference) \(sender.address) does not write to \(recipient.address)"))
    }
    return .success(route)
  }

  fileprivate func refusal(_ route: Route, _ kind: InformationKind) -> AgreementPermission.Refusal? {
    guard !route.kinds.contains(kind) else { return nil }
    let agreed = route.kinds.map(\.rawValue).joined(separator: ", ")
    return .init(
      .kindNotAgreed,
      "by the agreement \(reference) \(route.from.address) writes to \(route.to.address) about \(agreed), and not about "
        + kind.rawValue)
  }

  fileprivate func refusal(_ attachments: [AgreementPermission.Attachment]) -> AgreementPermission.Refusal? {
    for attachment in attachments where !fileTypes.contains(attachment.essence) {
      let agreed = fileTypes.joined(separator: ", ")
      return .init(
        .fileTypeNotAgreed, "the agreement \(reference) has no files of type \(attachment.essence), but \(agreed)")
    }
    var size = 0
    for attachment in attachments {
      let (sum, overflow) = size.addingReportingOverflow(attachment.size)
      size = overflow ? .max : sum
    }
    guard size > maximumSize else { return nil }
    return .init(
      .tooLarge,
      "the attachments have \(size) bytes; by the agreement \(reference) a message has at most \(maximumSize)")
  }
}

extension AgreementPermission.Attachment {
  /// The media type alone, in lower case.
  fileprivate var essence: String {
    let end = type.firstIndex(of: ";") ?? type.endIndex
    return type[..<end].trimmingCharacters(in: .whitespaces).lowercased()
  }
}
