public import Foundation
public import XMLSecurity

/// A payload on its way out.
public struct PayloadSource: Sendable {
  /// The file. It is read while packing.
  public var url: URL
  /// The type before compression.
  public var mimeType: String
  /// The encoding of XML content, such as `UTF-8` (TA27).
  public var characterSet: String?

  public init(url: URL, mimeType: String, characterSet: String? = nil) {
    self.url = url
    self.mimeType = mimeType
    self.characterSet = characterSet
  }
}

/// Makes a signed and encrypted message of payload files, in one streaming pass.
///
/// The SOAP part stands first on the wire, yet holds the digests of the parts behind it. Room for it is left at the
/// file's beginning, the parts are streamed behind (gzip → SHA-256 → AES-GCM → file), and the signed SOAP part is
/// written into the room, with white space after its root element up to the room's end. So each byte is written once.
public enum AS4Packager {
  /// The Content-IDs of the federation's payload profile, in the order of the parts.
  static let contentIDs = ["message", "attachment"]

  /// - Parameters:
  ///   - message: its parts are replaced by what the payloads give.
  ///   - payloads: the structured document first (TA06); none for a ping.
  ///   - recipient: the published certificate of the receiving access point.
  ///   - name: the file's name in the spool, made by this node.
  /// - Throws: ``PackProblem``, `SpoolProblem`, or what reading a payload or using a key throws.
  public static func pack(
    _ message: UserMessage, payloads: [PayloadSource], signer: Identity, recipient: Certificate,
    mode: ProcessingMode, spool: Spool, as name: String = "\(randomUUID().uuidString.lowercased()).as4"
  ) throws -> PackedMessage {
    precondition(payloads.count <= contentIDs.count, "the federation's profile has a payload and an attachment")
    var message = message
    message.parts = zip(payloads, contentIDs).map { partInfo($0, contentID: $1, mode: mode) }
    let envelope = OutgoingEnvelope { MessagingWriter.element(message, id: $0) }
    let encryption = OutgoingEncryption()
    if !message.parts.isEmpty {
      try encryption.describe(message.parts, for: recipient, mode.encryptionKeyReference, in: envelope.security)
    }
    let keyInfo = try envelope.addSignerToken(signer, mode.signatureKeyReference)
    var references = envelope.references()

    let file = try spool.create()
    let framing = MIMEFraming(hasParts: !message.parts.isEmpty)
    let room = room(for: envelope, references + message.parts.map(blankReference), keyInfo: keyInfo, signer: signer)
    try file.write(framing.head)
    try file.write([UInt8](repeating: 0x20, count: room))
    for (part, payload) in zip(message.parts, payloads) {
      try file.write(framing.partHead(part))
      references.append(try stream(payload, part, key: encryption.key, into: file))
    }
    try file.write(framing.tail)

    try envelope.sign(references, signer: signer, keyInfo: keyInfo)
    let soap = envelope.serialized()
    guard soap.count <= room else { throw PackProblem.headerTooLarge }
    try file.overwrite(at: framing.head.utf8.count, soap)
    try file.keep(as: name)
    return PackedMessage(
      messageID: message.messageID, contentType: framing.contentType, file: spool.url(of: name), size: file.size,
      references: references, soap: soap + [UInt8](repeating: 0x20, count: room - soap.count))
  }

  private static func partInfo(_ payload: PayloadSource, contentID: String, mode: ProcessingMode) -> PartInfo {
    var properties = [PartProperty(name: "MimeType", value: payload.mimeType)]
    if let set = payload.characterSet { properties.append(PartProperty(name: "CharacterSet", value: set)) }
    if mode.compresses { properties.append(PartProperty(name: "CompressionType", value: AS4Names.gzip)) }
    return PartInfo(contentID: contentID, properties: properties)
  }

  /// Compresses, digests and encrypts, in this order (TA34), and gives the reference to the part.
  private static func stream(
    _ payload: PayloadSource, _ part: PartInfo, key: [UInt8], into file: SpoolFile
  ) throws -> SignatureReference {
    let digest = DigestSink(.sha256, next: EncryptingSink(.aes128GCM, key: key, next: file))
    let sink: any ByteSink = part.isCompressed ? GzipCompressingSink(.huffmanOnly, next: digest) : digest
    try readFile(payload.url, into: sink)
    try sink.close()
    return partReference(part, digest: digest.digest())
  }

  private static func partReference(_ part: PartInfo, digest: [UInt8]) -> SignatureReference {
    SignatureReference(
      uri: CIDReference.uri(part.contentID), transforms: [.attachmentContent], digestMethod: .sha256,
      digestValue: digest)
  }

  /// A reference of the size that the part's will have.
  private static func blankReference(_ part: PartInfo) -> SignatureReference {
    partReference(part, digest: [UInt8](repeating: 0, count: DigestAlgorithm.sha256.length))
  }

  /// The envelope with a signature of the size it will have, and a little more.
  private static func room(
    for envelope: OutgoingEnvelope, _ references: [SignatureReference], keyInfo: XMLElement, signer: Identity
  ) -> Int {
    let listed = references.reduce(0) { $0 + $1.element().serialized(declaration: false).count }
    let value = (signer.privateKey.bits / 8 + 2) / 3 * 4
    return envelope.serialized().count + keyInfo.serialized(declaration: false).count + listed + value + 1_024
  }
}

/// The lines between the parts of a message; nothing at all where there is only the SOAP part.
private struct MIMEFraming {
  private let boundary: String?

  init(hasParts: Bool) {
    let random = randomBytes(16).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
    boundary = hasParts ? "sdk-relay-\(random.joined())" : nil
  }

  var contentType: String { PackedMessage.contentType(boundary: boundary) }

  var head: String {
    guard let boundary else { return "" }
    return "--\(boundary)\r\nContent-Type: \(AS4Names.soapType); charset=UTF-8\r\n"
      + "Content-Transfer-Encoding: binary\r\nContent-ID: <\(PackedMessage.rootID)>\r\n\r\n"
  }

  func partHead(_ part: PartInfo) -> String {
    "\r\n--\(boundary ?? "")\r\nContent-Type: application/octet-stream\r\n"
      + "Content-Transfer-Encoding: binary\r\nContent-ID: <\(part.contentID)>\r\n\r\n"
  }

  var tail: String {
    boundary.map { "\r\n--\($0)--\r\n" } ?? ""
  }
}
