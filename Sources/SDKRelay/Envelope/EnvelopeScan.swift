internal import XMLSecurity

/// Reads an envelope once from end to end: keeps the small elements as a tree, lets the payload pass, and computes the
/// digest that an inclusive canonicalization gives.
final class EnvelopeScan: XMLEventHandler {
  private let tree = XMLTreeBuilder()
  private let canonicalizer: Canonicalizer
  private let digested = DigestSink(.sha256)
  private var names: [XMLName] = []
  private var kept = 0
  private var keptBytes = 0
  private var skippedDepth: Int?
  private static let maximumKept = 500
  // In bytes, for all that is held as a tree: an envelope's header, keys and signature take some 10 kB.
  private static let maximumKeptBytes = 1 << 20

  init(_ method: Canonicalization = .inclusive10) {
    canonicalizer = Canonicalizer(method, into: digested)
    canonicalizer.omit = { tag, depth in depth == 2 && tag.name == EnvelopeNames.signature }
  }

  /// The document without its payload.
  var root: XMLElement? { tree.root }

  /// Whether the payload's place has text of its own, which is not kept.
  private(set) var hasContentText = false

  /// The digest of the document without its signature.
  func digest() throws -> [UInt8] {
    try canonicalizer.finish()
    return digested.digest()
  }

  func start(_ tag: XMLStartTag) throws {
    try canonicalizer.start(tag)
    names.append(tag.name)
    guard skippedDepth == nil else { return }
    // The tree keeps a payload's document element without what is in it.
    kept += 1
    guard kept <= Self.maximumKept else { throw XMLProblem.Kind.elements }
    try keep(tag.attributes.reduce(0) { $0 + $1.value.utf8.count })
    try keep(tag.namespaces.reduce(0) { $0 + $1.uri.utf8.count })
    try tree.start(tag)
    if isContent || isCipherValue { skippedDepth = names.count }
  }

  func text(_ utf8: UnsafeRawBufferPointer) throws {
    try canonicalizer.text(utf8)
    guard skippedDepth == nil else { return }
    guard names.last != EnvelopeNames.payloadContent else {
      if !hasContentText { hasContentText = !utf8.allSatisfy(isXMLSpace) }
      return
    }
    try keep(utf8.count)
    try tree.text(utf8)
  }

  func end() throws {
    try canonicalizer.end()
    let depth = names.count
    names.removeLast()
    if skippedDepth == depth { skippedDepth = nil }
    if skippedDepth == nil { try tree.end() }
  }

  func processingInstruction(_ target: String, _ data: String) throws {
    try canonicalizer.processingInstruction(target, data)
  }

  private func keep(_ count: Int) throws {
    keptBytes += count
    guard keptBytes <= Self.maximumKeptBytes else { throw XMLProblem.Kind.text }
  }

  /// An element of an unencrypted payload.
  private var isContent: Bool {
    names.count == 5 && names[3] == EnvelopeNames.payloadContent && names[4] != EnvelopeNames.encryptedData
  }

  /// The ciphertext of the payload.
  private var isCipherValue: Bool { EnvelopePath.isCipherValue(names) }
}

/// Fixed places in an envelope. Nothing is ever searched for: an element that stands elsewhere is not there.
enum EnvelopePath {
  /// `/XHE/Payloads/Payload/PayloadContent/EncryptedData/CipherData/CipherValue`
  static func isCipherValue(_ names: [XMLName]) -> Bool {
    names.count == 7 && names[4] == EnvelopeNames.encryptedData
      && names[5] == XMLName(XMLNamespaces.xenc, "CipherData") && names[6] == XMLName(XMLNamespaces.xenc, "CipherValue")
  }
}
