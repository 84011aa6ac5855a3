import SDKRelay

/// What somebody has assessed before an identity number of a person who counts as protected leaves (skadeprövning): it may,
/// and why. It is kept in the audit trail with the numbers' hashes.
public struct Attestation: Hashable, Sendable {
  /// In the words of whoever has assessed it: never content.
  public let text: String

  /// Nil where the text has less than 10 or more than 500 characters.
  public init?(_ text: String) {
    guard (10...500).contains(text.count), !text.allSatisfy(\.isWhitespace) else { return nil }
    self.text = text
  }
}

extension AuditAction {
  /// Somebody has attested that an identity number may leave.
  public static let attestIdentity = AuditAction(rawValue: "identity.attest")
}
