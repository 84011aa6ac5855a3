public import Foundation
public import SDKRelay

/// The four facts that a register of official documents has about a message (OSL 5 kap. 2 §).
public struct RegisterFacts: Hashable, Sendable {
  /// When it came in or was made.
  public var date: Date
  /// The register number (diarienummer); nil while it is not registered.
  public var number: String?
  /// Whom it came from or went to.
  public var counterparty: String
  /// In short, what it is about.
  public var matter: String

  public init(date: Date, number: String?, counterparty: String, matter: String) {
    self.date = date
    self.number = number
    self.counterparty = counterparty
    self.matter = matter
  }

  /// What a message says of itself, which is all there is before somebody has registered it.
  public init(prefilled message: StoredMessage) {
    let other = message.counterparty
    self.init(
      date: message.stored, number: nil,
      counterparty: other.label.map { "\($0) (\(other.id.value))" } ?? other.id.value,
      matter: message.subject)
  }
}

extension StoredMessage {
  /// The own organisation.
  var owner: MessageParty { direction == .incoming ? recipient : sender }
}
