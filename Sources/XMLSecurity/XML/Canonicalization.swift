/// A canonicalization method, always without comments: those "with comments" are refused, because text that is split by
/// a comment has been signed as one thing and read as another (CVE-2017-11427).
public enum Canonicalization: Hashable, Sendable {
  /// Canonical XML 1.0.
  case inclusive10
  /// Canonical XML 1.1.
  case inclusive11
  /// Exclusive XML Canonicalization 1.0 with its InclusiveNamespaces prefixes; "" stands for `#default`.
  case exclusive(prefixes: [String] = [])

  /// The method's identifier.
  public var uri: String {
    switch self {
    case .inclusive10: "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
    case .inclusive11: "http://www.w3.org/2006/12/xml-c14n11"
    case .exclusive: "http://www.w3.org/2001/10/xml-exc-c14n#"
    }
  }

  /// The method with this identifier, compared exactly; nil for every other.
  /// - Parameter prefixes: a PrefixList's tokens, where `#default` means the default namespace.
  public init?(uri: String, prefixes: [String] = []) {
    let exclusive = Self.exclusive(prefixes: prefixes.map { sameBytes($0, "#default") ? "" : $0 })
    let known = prefixes.isEmpty ? [.inclusive10, .inclusive11, exclusive] : [exclusive]
    guard let match = known.first(where: { sameBytes($0.uri, uri) }) else { return nil }
    self = match
  }
}
