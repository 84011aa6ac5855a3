public import XMLSecurity

/// The keys that the data keys of messages are sealed with, from the settings.
///
/// There are several so that each period may have its own: once a period's key is destroyed, nothing opens what was
/// stored under it, in whatever copy of the data it lies.
public struct StorageKeys: Sendable {
  /// A key and the name that the database has for it.
  public struct Key: Hashable, Sendable {
    public let name: String
    let key: SealKey

    /// Nil where the name is not 1 to 40 of the letters a–z and A–Z, digits, dots, hyphens and underscores.
    public init?(name: String, key: SealKey) {
      let isPlain = name.utf8.allSatisfy {
        (0x61...0x7A).contains($0) || (0x41...0x5A).contains($0) || (0x30...0x39).contains($0)
          || "-._".utf8.contains($0)
      }
      guard isPlain, (1...40).contains(name.utf8.count) else { return nil }
      self.name = name
      self.key = key
    }

    fileprivate init(unchecked name: String) {
      self.name = name
      key = .random()
    }
  }

  /// What is stored from now on is sealed with this one.
  public let current: Key
  /// What was stored before still opens with these.
  public let former: [Key]

  public init(current: Key, former: [Key] = []) {
    self.current = current
    self.former = former
  }

  private init(unchecked name: String) {
    (current, former) = (Key(unchecked: name), [])
  }

  /// A key that nobody keeps, for data that are thrown away.
  static func temporary() -> StorageKeys { StorageKeys(unchecked: "temporary") }

  /// The names of all keys, the current one's first.
  public var names: [String] { ([current] + former).map(\.name) }

  /// A data key in the form in which it is stored.
  /// - Parameter owner: whom it belongs to; it opens for the same only.
  func wrap(_ key: SealKey, for owner: String) -> [UInt8] {
    current.key.seal(key.bytes, binding: Self.binding(owner))
  }

  /// The data key; nil where the key that it was sealed with is not here, or is another one of the same name.
  func unwrap(_ wrapped: [UInt8], with name: String, for owner: String) -> SealKey? {
    guard let key = ([current] + former).first(where: { sameBytes($0.name, name) })?.key,
      let bytes = try? key.open(wrapped, binding: Self.binding(owner))
    else { return nil }
    return SealKey(bytes)
  }

  private static func binding(_ owner: String) -> [UInt8] { Array("sdk-relay data key 1\n\(owner)".utf8) }
}
