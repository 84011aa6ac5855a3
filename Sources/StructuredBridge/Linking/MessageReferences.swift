import Foundation
import GRDB
import Mailbox
import SDKRelay

/// What a message's references, and the case numbers in its text, say in the register of its organisation.
struct MessageReferences {
  /// Cases by an own opaque reference that was given to the other organisation.
  var returned: Set<Int64> = []
  /// Whether an own opaque reference stands there that it was not given.
  var hasStray = false
  /// Cases with the other organisation by a case number.
  var numbered: Set<Int64> = []
  /// Persons by a number that is matched by.
  var persons: Set<Int64> = []
  /// How many such numbers nobody in the register has.
  var unknown = 0
  /// What is wrong with references, as codes.
  var flags: Set<String> = []
  /// What to look for again when the register learns more.
  var keys: Set<LinkKey> = []
  /// Cases by a case number in subject or text.
  var written: Set<Int64> = []

  /// How many different persons are named.
  var count: Int { persons.count + unknown }

  init(_ message: StoredMessage, _ register: CaseRegister) throws {
    let references = message.content.references + message.content.returnedReferences
    let isOwn = message.direction == .outgoing
    var unknownNumbers: Set<PersonIdentityNumber> = []
    for reference in references {
      if try take(opaque: reference, message, register) { continue }
      let id = InstanceIdentifier(root: reference.root, extension: reference.value)
      switch IdentityReference(id, at: message.stored) {
      case .person(let number): try take(number, message.participant, register, &unknownNumbers)
      case .caseNumber(let text): try take(caseNumber: text, message, register)
      case .openCentury: flags.insert("openCentury")
      case .contradiction: flags.insert("contradiction")
      case .invalid(let problem): flags.insert(problem.rawValue)
      case .other: break
      }
    }
    unknown = unknownNumbers.count
    guard !isOwn else { return }
    for text in Self.caseNumbers(in: [message.subject] + message.content.texts) {
      written.formUnion(try cases(with: text, message, register))
    }
    written.subtract(numbered)
  }

  private mutating func take(
    opaque reference: Draft.Reference, _ message: StoredMessage, _ register: CaseRegister
  ) throws -> Bool {
    guard reference.root.utf8.elementsEqual(CaseReference.opaqueRoot.utf8) else { return false }
    let row = try register.db.row(
      sql: """
        SELECT caseRow FROM caseReference
        WHERE kind = 'opaque' AND comparable = ? AND participant = ? AND issuedTo = ?
        """,
      arguments: [reference.value, message.participant.comparable, message.counterparty.id.comparable])
    if let row { returned.insert(row["caseRow"]) } else { hasStray = true }
    return true
  }

  private mutating func take(
    _ number: PersonIdentityNumber, _ tenant: ParticipantID, _ register: CaseRegister,
    _ unknown: inout Set<PersonIdentityNumber>
  ) throws {
    guard number.isMatchKey else { return }
    let persons = register.persons(tenant)
    if let key = LinkKey(number, persons) { keys.insert(key) }
    if let row = try persons.row(of: number) { self.persons.insert(row) } else { unknown.insert(number) }
  }

  private mutating func take(caseNumber text: String, _ message: StoredMessage, _ register: CaseRegister) throws {
    guard let reference = CaseReference(.caseNumber, of: .own, text) else { return }
    keys.insert(LinkKey(reference, register.persons(message.participant)))
    numbered.formUnion(try cases(with: text, message, register))
  }

  /// The cases with the other organisation that have the case number.
  private func cases(with text: String, _ message: StoredMessage, _ register: CaseRegister) throws -> [Int64] {
    guard let reference = CaseReference(.caseNumber, of: .own, text) else { return [] }
    let cases = register.cases(message.participant)
    return try cases.rows(.caseNumber, reference.comparable).filter {
      try cases.counterparty(of: $0) == message.counterparty.id.comparable
    }
  }

  /// What is written as a case number is: letters, a year and a running number. At most so many are looked for.
  static func caseNumbers(in texts: [String]) -> Set<String> {
    var found: Set<String> = []
    for text in texts {
      for match in text.prefix(20_000).matches(of: /[A-Za-zÅÄÖåäö]{1,10}[\- ]?\d{4}\/\d{1,8}(?: \d{4})?/)
      where found.count < 20 {
        found.insert(String(match.output))
      }
    }
    return found
  }
}

/// What a message is found by when the register learns more: the hash of a case number or of a person's number.
struct LinkKey: Hashable, Sendable {
  let value: String

  init(_ reference: CaseReference, _ persons: PersonTable) {
    value = "case \(Data(persons.vault.index(caseNumber: reference.comparable)).base64EncodedString())"
  }

  /// Nil for numbers that nobody is matched by.
  init?(_ number: PersonIdentityNumber, _ persons: PersonTable) {
    guard number.isMatchKey, let hash = persons.vault.index(number) else { return nil }
    value = "person \(Data(hash).base64EncodedString())"
  }
}
