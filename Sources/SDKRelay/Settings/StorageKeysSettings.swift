import Foundation
public import XMLSecurity

extension StorageKeys {
  /// Reads the section `storage` of a node's settings.
  init(in root: SettingsSection) throws(SettingsProblem) {
    guard let section = try root.optionalSection("storage") else {
      throw root.problem(
        "storage", "is missing: messages are kept sealed, with a key that `sdkrelay keys new-storage-key FILE` makes")
    }
    try self.init(section)
  }

  private init(_ section: SettingsSection) throws(SettingsProblem) {
    try section.allow("keys")
    var keys: [Key] = []
    for entry in try section.sections("keys") {
      let key = try entry.storageKey()
      guard !keys.contains(where: { sameBytes($0.name, key.name) }) else {
        throw entry.problem("name", "the same name twice")
      }
      guard !keys.contains(where: { $0.key == key.key }) else {
        throw entry.problem("file", "holds the same key as another entry")
      }
      keys.append(key)
    }
    guard let current = keys.first else {
      throw section.problem(
        "keys", "must name at least one key, which seals what is stored: sdkrelay keys new-storage-key FILE makes one")
    }
    self.init(current: current, former: Array(keys.dropFirst()))
  }
}

extension SettingsSection {
  fileprivate func storageKey() throws(SettingsProblem) -> StorageKeys.Key {
    try allow("name", "file")
    let text = String(decoding: try contents(of: "file", at: secretFile("file")), as: UTF8.self)
    guard let key = SealKey(storageKeyText: text) else {
      throw problem("file", "must hold 32 random bytes in base64 or hexadecimal, and nothing else")
    }
    return try value("name", expected: "1 to 40 letters, digits, dots, hyphens and underscores") {
      StorageKeys.Key(name: $0, key: key)
    }
  }
}

extension SealKey {
  /// Reads a storage key's file: 32 bytes in base64 or hexadecimal, with white space around them.
  init?(storageKeyText text: String) {
    let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
    let digits = text.utf8.count == 2 * Self.length ? Hexadecimal.decode(text) : []
    self.init(digits.count == Self.length ? digits : (try? Base64.decode(text)) ?? [])
  }

  /// The text of a storage key's file.
  public var storageKeyText: String { Base64.encode(bytes) + "\n" }
}
