import XMLSecurity

/// Gives a decrypted element the namespaces of the place where it stood encrypted: XML Encryption reads an element in its
/// parent's context, and `xmlsec1` seals an element without what its ancestors declare.
///
/// An element whose start tag declares every prefix it uses, as nearly all products write it, passes unchanged. To one
/// that does not, all the declarations in scope are added; nothing else is changed, nor is anything checked here.
final class NamespaceContextSink: ByteSink {
  private let inScope: [String: String]
  private let next: any ByteSink
  /// What has come of the start tag and what stands before it; nil once it has passed.
  private var held: [UInt8]? = []
  // In bytes: a start tag that is longer passes as it is.
  private static let maximumHeld = 16 * 1_024

  /// - Parameter namespaces: what is in scope, the nearest last.
  init(_ namespaces: [XMLNamespace], next: any ByteSink) {
    inScope = namespaces.reduce(into: [:]) { $0[$1.prefix] = $1.uri }.filter { !$0.value.isEmpty }
    self.next = next
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    guard let before = held else { return try next.write(bytes) }
    let start = before + bytes
    held = start
    if let tag = StartTagScan(start) {
      try pass(Array(start[..<tag.nameEnd]) + declarations(for: tag) + start[tag.nameEnd...])
    } else if start.count >= Self.maximumHeld {
      try pass(start)
    }
  }

  func close() throws {
    if let held { try pass(held) }
    try next.close()
  }

  private func pass(_ bytes: [UInt8]) throws {
    held = nil
    try next.write(bytes)
  }

  private func declarations(for tag: StartTagScan) -> [UInt8] {
    guard tag.used.subtracting(tag.declared).contains(where: { inScope[$0] != nil }) else { return [] }
    let missing = inScope.filter { !tag.declared.contains($0.key) }.sorted { $0.key < $1.key }
    let text = missing.map { prefix, uri in
      " \(prefix.isEmpty ? "xmlns" : "xmlns:" + prefix)=\"\(XMLWriter.escapedAttribute(uri))\""
    }
    return Array(text.joined().utf8)
  }
}

/// The prefixes in the first start tag of a document in UTF-8 or another superset of ASCII.
private struct StartTagScan {
  /// Where the element's name ends.
  private(set) var nameEnd = 0
  /// The prefixes of the element and its attributes; the empty one where the element has none.
  private(set) var used: Set<String> = []
  /// The prefixes that the tag declares; the empty one for the default namespace.
  private(set) var declared: Set<String> = []

  /// Nil where the tag has not come whole, or what stands there is none.
  init?(_ bytes: [UInt8]) {
    guard let start = Self.start(in: bytes) else { return nil }
    var name: [UInt8] = []
    var quote: UInt8?
    for (index, byte) in bytes.enumerated().dropFirst(start + 1) {
      if let opened = quote {
        if byte == opened { quote = nil }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "'"): quote = byte
      case UInt8(ascii: ">"):
        take(name, endingAt: index)
        return
      case UInt8(ascii: "="), UInt8(ascii: "/"), 0x20, 0x09, 0x0A, 0x0D:
        take(name, endingAt: index)
        name = []
      default: name.append(byte)
      }
    }
    return nil
  }

  private mutating func take(_ name: [UInt8], endingAt index: Int) {
    guard !name.isEmpty else { return }
    let isElement = nameEnd == 0
    if isElement { nameEnd = index }
    let parts = String(decoding: name, as: UTF8.self).split(separator: ":", maxSplits: 1)
    let prefix = parts.count == 2 ? String(parts[0]) : ""
    if prefix == "xmlns" {
      declared.insert(String(parts[1]))
    } else if parts == ["xmlns"] {
      declared.insert("")
    } else if isElement || !prefix.isEmpty {
      used.insert(prefix)
    }
  }

  /// Where the document element begins, behind byte order mark, declaration, comments and processing instructions.
  private static func start(in bytes: [UInt8]) -> Int? {
    var rest = bytes[...]
    if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
    while true {
      rest = rest.drop(while: isXMLSpace)
      if rest.starts(with: "<?".utf8), let end = rest.firstRange(of: Array("?>".utf8)) {
        rest = rest[end.upperBound...]
      } else if rest.starts(with: "<!--".utf8), let end = rest.firstRange(of: Array("-->".utf8)) {
        rest = rest[end.upperBound...]
      } else {
        break
      }
    }
    guard rest.first == UInt8(ascii: "<"), let second = rest.dropFirst().first else { return nil }
    return [UInt8(ascii: "?"), UInt8(ascii: "!")].contains(second) ? nil : rest.startIndex
  }
}
