/// The PkiPath form of a certificate chain: a SEQUENCE of certificates whose first is nearest to the root and whose last
/// is the end entity's (RFC 6066 §10.1; X.509 token profile, X509PKIPathv1).
public enum PKIPath {
  /// Reads a path of at most eight certificates; the end entity's is last.
  public static func parse(_ der: [UInt8]) throws(CertificateProblem) -> [Certificate] {
    var input = der[...]
    guard let (tag, body) = nextValue(&input), tag == 0x30, input.isEmpty else { throw .unreadable }
    var rest = body.content
    var certificates: [Certificate] = []
    while !rest.isEmpty {
      guard certificates.count < 8, let (tag, item) = nextValue(&rest), tag == 0x30 else { throw .unreadable }
      certificates.append(try Certificate.parse(der: Array(item.whole)))
    }
    guard !certificates.isEmpty else { throw .unreadable }
    return certificates
  }

  /// Writes a path.
  /// - Parameter chain: the end entity's certificate first, as ``Identity`` holds it.
  public static func make(leaf: Certificate, chain: [Certificate]) -> [UInt8] {
    let body = ([leaf] + chain).reversed().flatMap(\.der)
    return [0x30] + length(body.count) + body
  }

  private static func length(_ count: Int) -> [UInt8] {
    guard count >= 0x80 else { return [UInt8(count)] }
    var bytes: [UInt8] = []
    var rest = count
    while rest > 0 {
      bytes.insert(UInt8(rest & 0xFF), at: 0)
      rest >>= 8
    }
    return [0x80 | UInt8(bytes.count)] + bytes
  }

  /// Takes one definite-length DER value off the input.
  private static func nextValue(
    _ input: inout ArraySlice<UInt8>
  ) -> (tag: UInt8, value: (content: ArraySlice<UInt8>, whole: ArraySlice<UInt8>))? {
    let start = input
    guard let tag = input.popFirst(), let first = input.popFirst() else { return nil }
    var count = Int(first)
    if first >= 0x80 {
      let size = Int(first & 0x7F)
      guard (1...4).contains(size), input.count >= size else { return nil }
      count = input.prefix(size).reduce(0) { $0 << 8 | Int($1) }
      input = input.dropFirst(size)
    }
    guard input.count >= count else { return nil }
    let content = input.prefix(count)
    input = input.dropFirst(count)
    return (tag, (content, start.prefix(start.count - input.count)))
  }
}
