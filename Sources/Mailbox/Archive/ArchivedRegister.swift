import Foundation
import SDKRelay

/// What the register says of a message (offentlighets- och sekretesslagen 5 kap. 2 §), as a package has it: all of it, also
/// what may be left out of what is shown to the public.
struct ArchivedRegister: Hashable, Sendable {
  /// `unregistered`, `registered` or `cullable`.
  let state: String
  /// When it came in or was made.
  let date: Date
  /// The register number (diarienummer); nil while it is not registered.
  let number: String?
  /// Whom it came from or went to.
  let counterparty: String
  /// In short, what it is about.
  let matter: String

  /// What is registered; before that, what the message says of itself.
  init(_ entry: RegisterEntry, of message: StoredMessage) {
    let facts = entry.facts
    let other = message.counterparty
    state = entry.state.name
    date = facts?.date ?? message.stored
    number = facts?.dnr
    counterparty = facts?.counterparty ?? other.label.map { "\($0) (\(other.id.value))" } ?? other.id.value
    matter = facts?.matter ?? message.subject
  }
}

extension StoredMessage {
  /// The own organisation.
  var owner: MessageParty { direction == .incoming ? recipient : sender }
}
