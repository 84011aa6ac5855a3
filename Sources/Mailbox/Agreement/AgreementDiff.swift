import SDKRelay

/// What differs between two versions of an agreement, in the order of the file.
public struct AgreementDiff: Hashable, Sendable {
  /// One thing that differs.
  public struct Change: Hashable, Sendable, Encodable {
    /// Where: empty for the agreement itself, else the party, the mailbox or the route.
    public let place: String
    /// Which key of the file; nil where the whole party, mailbox or route has come or gone.
    public let key: String?
    /// Nil for what has come.
    public let old: String?
    /// Nil for what has gone.
    public let new: String?
  }

  public let old: AgreementReference
  public let new: AgreementReference
  public let changes: [Change]

  public init(from old: Agreement, to new: Agreement) {
    self.old = old.reference
    self.new = new.reference
    changes =
      Self.compare("", old.facts, new.facts)
      + Self.compare(old.parties.map(\.entry), new.parties.map(\.entry))
      + Self.compare(old.mailboxes, new.mailboxes)
      + Self.compare(old.routes.map(\.entry), new.routes.map(\.entry))
  }

  /// A party, mailbox or route: what it is called, and its keys with their values.
  fileprivate struct Entry {
    let place: String
    /// What it is in short, for one that has come or gone.
    let summary: String
    let facts: [(String, String?)]
  }

  private static func compare(_ old: [Entry], _ new: [Entry]) -> [Change] {
    let places = old.map(\.place) + new.map(\.place).filter { place in !old.contains { $0.place == place } }
    return places.flatMap { place -> [Change] in
      let pair = (old.first { $0.place == place }, new.first { $0.place == place })
      switch pair {
      case (let old?, let new?): return compare(place, old.facts, new.facts)
      case (let old, let new): return [Change(place: place, key: nil, old: old?.summary, new: new?.summary)]
      }
    }
  }

  /// Both have the same keys in the same order.
  private static func compare(_ place: String, _ old: [(String, String?)], _ new: [(String, String?)]) -> [Change] {
    zip(old, new).compactMap { old, new in
      old.1 == new.1 ? nil : Change(place: place, key: old.0, old: old.1, new: new.1)
    }
  }
}

extension Agreement {
  fileprivate var facts: [(String, String?)] {
    [
      ("id", id), ("version", "\(version)"), ("date", "\(date)"), ("title", title),
      ("validity.from", "\(validity.from)"), ("validity.to", validity.to.map { "\($0)" }),
      ("legalBasis", legalBasis.joined(separator: "; ")), ("fileTypes", fileTypes.sorted().joined(separator: ", ")),
      ("maximumSize", "\(maximumSize) bytes"), ("answerWithinWorkingDays", "\(answerWithinWorkingDays)"),
      ("retention.days", "\(retention.days)"), ("retention.rule", retention.rule),
      ("linksByPersonNumber", "\(linksByPersonNumber)"),
      ("personNumbersInReferences", "\(personNumbersInReferences)"),
      ("structuredInformation", structuredInformation.rawValue),
    ]
  }

  fileprivate var mailboxes: [AgreementDiff.Entry] {
    parties.flatMap { party in party.mailboxes.map { $0.entry(of: party.participant.comparable) } }
  }
}

extension Agreement.Party {
  fileprivate var entry: AgreementDiff.Entry {
    AgreementDiff.Entry(
      place: participant.comparable, summary: name,
      facts: [
        ("name", name), ("administrator.name", administrator.name), ("administrator.contact", administrator.contact),
      ])
  }
}

extension Agreement.Mailbox {
  fileprivate func entry(of participant: String) -> AgreementDiff.Entry {
    AgreementDiff.Entry(
      place: "\(participant)/\(address)", summary: name,
      facts: [
        ("name", name), ("purpose", purpose), ("hours", hours), ("contact", contact),
        ("protectedPersons", "\(protectedPersons)"),
      ])
  }
}

extension Agreement.Route {
  fileprivate var entry: AgreementDiff.Entry {
    let words = kinds.map(\.rawValue).joined(separator: ", ")
    let ends = [from, to].map { "\($0.participant.comparable)/\($0.address)" }
    return AgreementDiff.Entry(place: ends.joined(separator: " → "), summary: words, facts: [("kinds", words)])
  }
}
