import Foundation
import GRDB
import Mailbox
import SDKRelay

/// The identity numbers of persons who count as protected that a message to be sent takes out of the house: in its references
/// and, where the register knows the person, in its texts. Attached files are nobody's to read here.
struct LeavingNumbers {
  /// Each in twelve digits.
  let protected: [String]

  init(of message: StoredMessage, _ register: CaseRegister) throws {
    guard message.direction == .outgoing else {
      protected = []
      return
    }
    let persons = register.persons(message.participant)
    var found: Set<PersonIdentityNumber> = []
    for number in try Self.references(of: message, in: register.db) where number.isMatchKey {
      // Of whom nobody knows anything it is not known that they are not protected.
      let row = try persons.row(of: number)
      if try row.map({ try register.standing(of: $0).countsAsProtected }) ?? true { found.insert(number) }
    }
    for number in Self.numbers(in: message.content.texts + [message.subject], at: message.stored) {
      if let row = try persons.row(of: number), try register.standing(of: row).countsAsProtected {
        found.insert(number)
      }
    }
    protected = found.map(\.whole).sorted()
  }

  /// Those of the references that the recipient has not given itself: what it asks about it may have back.
  private static func references(of message: StoredMessage, in db: Database) throws -> Set<PersonIdentityNumber> {
    let given = try answered(message, in: db).map { Set($0.content.references.map(key)) } ?? []
    let leaving =
      message.content.references + message.content.returnedReferences.filter { !given.contains(key($0)) }
    return Set(
      leaving.compactMap { reference in
        let id = InstanceIdentifier(root: reference.root, extension: reference.value)
        if case .person(let number) = IdentityReference(id, at: message.stored) { return number }
        return nil
      })
  }

  private static func key(_ reference: Draft.Reference) -> [String] { [reference.root, reference.value] }

  /// The message of the recipient's that this one answers.
  private static func answered(_ message: StoredMessage, in db: Database) throws -> StoredMessage? {
    guard let id = message.refToMessageID else { return nil }
    let rows = try Row.fetchAll(
      db.cachedStatement(
        sql: """
          SELECT \(StoredMessage.columns) FROM message WHERE messageId = ? AND participant = ? AND direction = 'in'
          """), arguments: [id.value, message.participant.comparable])
    return try rows.map(StoredMessage.init).first { $0.counterparty.id == message.counterparty.id }
  }

  /// Those that are certainly written there.
  static func numbers(in texts: [String], at now: Date) -> Set<PersonIdentityNumber> {
    Set(
      texts.flatMap { IdentityNumbers.written(in: $0) }.compactMap { text in
        let reading = try? IdentityReading(text, at: now)
        guard let number = reading?.person, number.isMatchKey else { return nil }
        return number
      })
  }
}
