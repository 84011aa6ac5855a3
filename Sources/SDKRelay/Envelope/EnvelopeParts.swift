import XMLSecurity

/// The small elements of an envelope, and how to get at its payload.
struct EnvelopeParts: @unchecked Sendable {
  // The tree is not changed after it has been read.
  private let root: XMLElement
  /// The digest of the document without its signature in Canonical XML 1.0.
  let inclusiveDigest: [UInt8]

  init(root: XMLElement, inclusiveDigest: [UInt8]) {
    self.root = root
    self.inclusiveDigest = inclusiveDigest
  }

  var signature: XMLElement? { root.child(EnvelopeNames.signature) }

  private var content: XMLElement? { EnvelopeRules.element(["Payloads", "Payload", "PayloadContent"], in: root) }

  var encryptedData: XMLElement? { content?.child(EnvelopeNames.encryptedData) }

  /// How the payload is encrypted, or nil where it is not.
  func encryptedPayload() throws(EncryptionProblem) -> EncryptedPayload? {
    try encryptedData.map { element throws(EncryptionProblem) in try EncryptedPayload(parsing: element) }
  }

  /// Streams an unencrypted payload: an XML payload as a canonical document of its own, another one decoded.
  func streamPlainPayload(of file: EnvelopeFile, header: EnvelopeHeader, into sink: any ByteSink) throws {
    let inScope = content?.namespacesInScope() ?? []
    let stream =
      header.isXML
      ? PlainPayloadStream(canonical: Canonicalizer(.inclusive10, into: sink, ancestors: inScope))
      : PlainPayloadStream(decoding: Base64DecodingSink(next: sink))
    do {
      try file.read(with: stream)
      try stream.finish()
    } catch is Base64Problem {
      throw EnvelopeProblem.format([
        EnvelopeFault(rule: "SDK", xpath: content?.path ?? "NA", text: "is not base64")
      ])
    }
  }
}

/// Picks the payload out of an envelope's events.
private final class PlainPayloadStream: XMLEventHandler {
  private let canonicalizer: Canonicalizer?
  private let decoder: Base64DecodingSink?
  private var names: [XMLName] = []

  init(canonical: Canonicalizer) {
    canonicalizer = canonical
    decoder = nil
  }

  init(decoding: Base64DecodingSink) {
    canonicalizer = nil
    decoder = decoding
  }

  private var isInContent: Bool { names.count >= 4 && names[3] == EnvelopeNames.payloadContent }

  func start(_ tag: XMLStartTag) throws {
    if isInContent { try canonicalizer?.start(tag) }
    names.append(tag.name)
  }

  func text(_ utf8: UnsafeRawBufferPointer) throws {
    guard isInContent else { return }
    if names.count > 4 { try canonicalizer?.text(utf8) }
    if names.count == 4 { try decoder?.write(utf8) }
  }

  func end() throws {
    names.removeLast()
    if isInContent { try canonicalizer?.end() }
  }

  func finish() throws {
    try canonicalizer?.finish()
    try decoder?.close()
  }
}
