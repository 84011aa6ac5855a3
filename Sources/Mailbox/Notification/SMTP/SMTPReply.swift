/// A mail server's reply (RFC 5321 §4.2): three digits, and lines of text of which only EHLO's count.
struct SMTPReply: Hashable, Sendable {
  let code: Int
  let lines: [String]

  /// The service extensions of a reply to EHLO, in upper case, each with its parameters.
  var extensions: [String: [String]] {
    var extensions: [String: [String]] = [:]
    for line in lines.dropFirst() {
      // Some servers write AUTH=PLAIN besides.
      let words = line.uppercased().split(whereSeparator: { $0 == " " || $0 == "=" }).map(String.init)
      if let name = words.first { extensions[name, default: []] += words.dropFirst() }
    }
    return extensions
  }
}

/// Makes replies of bytes, and refuses what goes beyond all reason.
struct SMTPReplyReader: Sendable {
  private var bytes: [UInt8] = []
  private var code: Int?
  private var lines: [String] = []

  /// Whether nothing is left of what came.
  var isEmpty: Bool { bytes.isEmpty && lines.isEmpty }

  mutating func append(_ more: some Sequence<UInt8>) { bytes += more }

  /// The next whole reply; nil while it has not come.
  mutating func next() throws(NotificationProblem) -> SMTPReply? {
    while let end = bytes.firstIndex(of: 0x0A) {
      var line = bytes[..<end]
      if line.last == 0x0D { line = line.dropLast() }
      let (code, isLast) = try Self.read(line)
      guard self.code == nil || self.code == code, lines.count < 100 else { throw Self.problem }
      self.code = code
      lines.append(String(decoding: line.dropFirst(4), as: UTF8.self))
      bytes = Array(bytes[(end + 1)...])
      guard isLast else { continue }
      defer { (self.code, lines) = (nil, []) }
      return SMTPReply(code: code, lines: lines)
    }
    guard bytes.count <= 2_048 else { throw Self.problem }
    return nil
  }

  private static func read(_ line: ArraySlice<UInt8>) throws(NotificationProblem) -> (code: Int, isLast: Bool) {
    let digits = line.prefix(3)
    guard digits.count == 3, digits.allSatisfy({ (0x30...0x39).contains($0) }), line.count <= 2_048,
      let code = Int(String(decoding: digits, as: UTF8.self)), (200..<600).contains(code)
    else { throw problem }
    switch line.dropFirst(3).first {
    case nil, 0x20: return (code, true)
    case 0x2D: return (code, false)
    default: throw problem
    }
  }

  private static let problem = NotificationProblem("the mail server's answer is none of SMTP")
}
