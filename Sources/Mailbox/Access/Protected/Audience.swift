public import GRDB

/// For whom among those with a role in its mailbox a message is. The columns `isProtected` hold it.
public enum Audience: Hashable, Sendable, DatabaseValueConvertible {
  /// Everybody.
  case mailbox
  /// It is about a protected person: who holds the grant ``Grant/Kind/protectedPersons`` there.
  case protectedPersons
  /// It is about a protected person with an access list: who stands on the list of that number, and nobody else.
  case accessList(Int64)

  public var isProtected: Bool { self != .mailbox }

  public var databaseValue: DatabaseValue {
    switch self {
    case .mailbox: Int64(0).databaseValue
    case .protectedPersons: Int64(1).databaseValue
    case .accessList(let number): number.databaseValue
    }
  }

  /// Nil for what no audience is stored as; whoever reads takes that for a protected person's.
  public static func fromDatabaseValue(_ value: DatabaseValue) -> Audience? {
    switch Int64.fromDatabaseValue(value) {
    case 0: .mailbox
    case 1: .protectedPersons
    case let number? where number > 1: .accessList(number)
    default: nil
    }
  }
}
