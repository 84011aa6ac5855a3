import XMLSecurity

/// The header of one MIME part, read strictly: 8 kB at most, CRLF line ends, printable ASCII, no field twice.
struct PartHead: Hashable, Sendable {
  /// How the part's bytes are written.
  enum TransferEncoding: Hashable, Sendable {
    case identity, base64
  }

  /// The Content-ID without its angle brackets.
  let contentID: String?
  let contentType: MediaType?
  let encoding: TransferEncoding

  /// - Parameter block: the header lines without the empty line that ends them.
  init(_ block: ArraySlice<UInt8>, part: Int) throws(EbMSError) {
    let fields = try Self.fields(block, part: part)
    contentID = fields["content-id"].map(Self.withoutBrackets)
    if let contentID,
      contentID.isEmpty || contentID.utf8.count > 256 || contentID.contains(where: { " <>".contains($0) })
    {
      throw EbMSError(.mimeInconsistency, "part \(part): Content-ID is not a message id")
    }
    if let value = fields["content-type"] {
      guard let type = MediaType(value) else {
        throw EbMSError(.mimeInconsistency, "part \(part): Content-Type cannot be read")
      }
      guard !type.isComposite else {
        throw EbMSError(.mimeInconsistency, "part \(part): a nested \(shown(type.name)) is not accepted")
      }
      contentType = type
    } else {
      contentType = nil
    }
    switch (fields["content-transfer-encoding"] ?? "binary").lowercased() {
    case "binary", "8bit", "7bit": encoding = .identity
    case "base64": encoding = .base64
    case let other:
      throw EbMSError(
        .mimeInconsistency, "part \(part): Content-Transfer-Encoding \(shown(other)) is not accepted")
    }
  }

  private static func fields(_ block: ArraySlice<UInt8>, part: Int) throws(EbMSError) -> [String: String] {
    var fields: [String: String] = [:]
    for line in try unfoldedLines(block, part: part) {
      let name = line.prefix { isTokenCharacter($0) }
      let rest = line.dropFirst(name.count)
      guard !name.isEmpty, rest.first == UInt8(ascii: ":") else {
        throw EbMSError(.mimeInconsistency, "part \(part): a header line without a field name")
      }
      let key = String(decoding: name, as: UTF8.self).lowercased()
      let value = trimmed(rest.dropFirst())
      guard fields.updateValue(String(decoding: value, as: UTF8.self), forKey: key) == nil else {
        throw EbMSError(.mimeInconsistency, "part \(part): header field \(shown(key)) occurs twice")
      }
    }
    return fields
  }

  /// Joins continuation lines (RFC 5322 §2.2.3) and refuses a lone CR or LF and control characters.
  private static func unfoldedLines(_ block: ArraySlice<UInt8>, part: Int) throws(EbMSError) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    var rest = block
    while !rest.isEmpty {
      let line = rest.prefix { $0 != 0x0D && $0 != 0x0A }
      rest = rest.dropFirst(line.count)
      guard rest.isEmpty || rest.starts(with: [0x0D, 0x0A]) else {
        throw EbMSError(.mimeInconsistency, "part \(part): a header line does not end with CR LF")
      }
      rest = rest.dropFirst(2)
      guard line.allSatisfy({ (0x20...0x7E).contains($0) || $0 == 0x09 }) else {
        throw EbMSError(.mimeInconsistency, "part \(part): a header line is not printable ASCII")
      }
      if let first = line.first, first == 0x20 || first == 0x09 {
        guard !lines.isEmpty else {
          throw EbMSError(.mimeInconsistency, "part \(part): the header begins with a continuation line")
        }
        lines[lines.count - 1].append(contentsOf: line)
      } else {
        lines.append(Array(line))
      }
    }
    return lines
  }

  private static func trimmed(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
    let start = value.drop(while: isSpace)
    return start.prefix(start.count - start.reversed().prefix(while: isSpace).count)
  }

  /// The id inside `<…>`; products that leave the brackets out are understood.
  static func withoutBrackets(_ value: String) -> String {
    value.hasPrefix("<") && value.hasSuffix(">") && value.utf8.count > 1 ? String(value.dropFirst().dropLast()) : value
  }
}
