import Foundation
package import GRDB
package import XMLSecurity

/// The storage keys at work in the database: functions of each connection, so that whoever reads a row gets its data key
/// in the same statement, and the keys themselves are nowhere else. No schema uses them.
///
/// - `wrapKey(key, owner)`: a data key as it is stored.
/// - `unwrapKey(name, wrapped, owner)`: the data key; the name where the settings have no key of that name that opens it.
/// - `storageKeyName()`: the name of the key that `wrapKey` uses.
/// - `storageKeyNames()`: the names of all of them, as a JSON array.
enum SealFunctions {
  static func add(_ keys: StorageKeys, to db: Database) {
    db.add(
      function: DatabaseFunction("wrapKey", argumentCount: 2) { values in
        guard let bytes = Data.fromDatabaseValue(values[0]), let key = SealKey([UInt8](bytes)),
          let owner = String.fromDatabaseValue(values[1])
        else { return nil }
        return Data(keys.wrap(key, for: owner))
      })
    db.add(
      function: DatabaseFunction("unwrapKey", argumentCount: 3, pure: true) { values in
        guard let name = String.fromDatabaseValue(values[0]), let wrapped = Data.fromDatabaseValue(values[1]),
          let owner = String.fromDatabaseValue(values[2])
        else { return nil }
        return keys.unwrap([UInt8](wrapped), with: name, for: owner).map { Data($0.bytes) } ?? name
      })
    db.add(function: DatabaseFunction("storageKeyName", argumentCount: 0, pure: true) { _ in keys.current.name })
    let names = "[" + keys.names.map { "\"\($0)\"" }.joined(separator: ",") + "]"
    db.add(function: DatabaseFunction("storageKeyNames", argumentCount: 0, pure: true) { _ in names })
  }
}

/// A data key as a row gives it.
package enum KeyState: Hashable, Sendable {
  case key(SealKey)
  /// There is one, and the settings have not the key of this name that it was sealed with.
  case closed(String)
  /// There is none (any more).
  case none

  /// From the column `dataKey`, as `unwrapKey` gives it.
  package init(_ row: Row) { self.init(row, column: "dataKey") }

  package init(_ row: Row, column: String) {
    switch (row[column] as DatabaseValue).storage {
    case .blob(let bytes): self = SealKey([UInt8](bytes)).map(KeyState.key) ?? .none
    case .string(let name): self = .closed(name)
    default: self = .none
    }
  }

  package var key: SealKey? {
    if case .key(let key) = self { key } else { nil }
  }

  /// Why there is nothing to open content with.
  package var problem: ContentProblem? {
    switch self {
    case .key: nil
    case .closed(let name): .keyMissing(name)
    case .none: .destroyed
    }
  }
}
