import XMLSecurity

/// The sealed form of an identity number was made with another key, belongs elsewhere, or is broken. Which of them,
/// nobody is told.
public struct SealedNumberUnreadable: Error, Hashable, Sendable, CustomStringConvertible {
  public var description: String { "a sealed identity number cannot be opened" }
}

/// Seals identity numbers for storing and makes the index by which they are found again.
///
/// Format: a byte 1; 12 bytes of nonce; AES-256-GCM of the place, the kind, the issuer and the number, a line feed
/// between; 16 bytes of tag. The place, such as the row of the person, keeps a sealed number from being moved to another
/// row. The index is HMAC-SHA256, so that whoever has the database alone cannot try all numbers. Both keys come from
/// one, differently for each tenant.
public struct IdentityVault: Sendable {
  private let sealing: [UInt8]
  private let indexing: [UInt8]
  private static let version: UInt8 = 1

  /// - Parameters:
  ///   - key: 32 random bytes.
  ///   - tenant: the organisation whose persons these are: the same number has another index with another organisation.
  public init(key: [UInt8], tenant: String) {
    precondition(key.count == 32, "a key of 32 bytes")
    sealing = hmacSHA256(key: key, Array("sdk-relay identity seal 1\n\(tenant)".utf8))
    indexing = hmacSHA256(key: key, Array("sdk-relay identity index 1\n\(tenant)".utf8))
  }

  /// What the number is found by: 32 bytes. Nil where nobody may be found by it: a local reserve number without issuer.
  public func index(_ number: PersonIdentityNumber) -> [UInt8]? {
    if number.kind == .localReserve, number.issuer == nil { return nil }
    return hmacSHA256(key: indexing, Self.bytes(number))
  }

  /// What a case number that a message carries is found by: whoever wrote it may have written anything.
  func index(caseNumber text: String) -> [UInt8] {
    hmacSHA256(key: indexing, Array("caseNumber\n\(text)".utf8))
  }

  /// The number for storing at the place; each time other bytes.
  public func seal(_ number: PersonIdentityNumber, at place: String) throws -> [UInt8] {
    precondition(!place.utf8.contains(Self.lineFeed), "a place is one line")
    let sealed = MemorySink()
    let cipher = EncryptingSink(.aes256GCM, key: sealing, next: sealed)
    try (Array(place.utf8) + [Self.lineFeed] + Self.bytes(number)).withUnsafeBytes { try cipher.write($0) }
    try cipher.close()
    return [Self.version] + sealed.bytes
  }

  public func open(_ sealed: [UInt8], at place: String) throws(SealedNumberUnreadable) -> PersonIdentityNumber {
    guard sealed.first == Self.version, let plain = try? decrypted(sealed.dropFirst()) else {
      throw SealedNumberUnreadable()
    }
    let lines = plain.split(separator: Self.lineFeed, omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    guard lines.count == 4, sameBytes(lines[0], place), let kind = PersonIdentityNumber.Kind(rawValue: lines[1])
    else { throw SealedNumberUnreadable() }
    return PersonIdentityNumber(kind, lines[3], issuer: lines[2].isEmpty ? nil : lines[2])
  }

  private func decrypted(_ bytes: ArraySlice<UInt8>) throws -> [UInt8] {
    let plain = MemorySink()
    let cipher = DecryptingSink(.aes256GCM, key: sealing, next: plain)
    try bytes.withUnsafeBytes { try cipher.write($0) }
    try cipher.close()
    return plain.bytes
  }

  private static func bytes(_ number: PersonIdentityNumber) -> [UInt8] {
    Array("\(number.kind.rawValue)\n\(number.issuer ?? "")\n\(number.whole)".utf8)
  }

  private static let lineFeed = UInt8(ascii: "\n")
}
