import Foundation
import XMLSecurity

@testable import SDKRelay

/// A throw-away federation: an authority and three access points with RSA-2048 keys.
struct AS4Federation: Sendable {
  let authority: CertificateAuthority
  let a, b, c: Identity
  let trust: TrustStore

  private static let made = Result { try AS4Federation() }

  /// One for the whole process: keys are slow to make.
  static func shared() throws -> AS4Federation {
    try made.get()
  }

  private init() throws {
    let root = try CertificateAuthority.root("Test AP Root CA", bits: 2048)
    authority = try root.authority("Test AP Issuing CA", bits: 2048)
    a = try Self.accessPoint("ap-a", authority)
    b = try Self.accessPoint("ap-b", authority)
    c = try Self.accessPoint("ap-c", authority)
    trust = try TrustStore(
      anchors: [root.identity.certificate], intermediates: [authority.identity.certificate])
  }

  /// An access point's identity, with what is wrong about it.
  static func accessPoint(
    _ name: String, _ authority: CertificateAuthority, key: PrivateKey? = nil, bits: Int = 2048,
    change: (inout CertificateRequest) -> Void = { _ in }
  ) throws -> Identity {
    var request = CertificateRequest(subject: [("C", "SE"), ("O", "Example"), ("CN", name)])
    change(&request)
    return try authority.issue(request, key: try key ?? PrivateKey.generate(bits: bits))
  }

  /// What access point B judges by.
  func receiver(_ change: (inout AS4Receiver) -> Void = { _ in }) -> AS4Receiver {
    var receiver = AS4Receiver(
      identities: [b], trust: trust, knownCertificates: [a.certificate, b.certificate, c.certificate])
    change(&receiver)
    return receiver
  }
}

/// Builds messages of any shape in memory, right ones and wrong ones.
struct AS4Forge {
  enum Order {
    case compressSignEncrypt, signCompressEncrypt, encryptSign
  }

  var message = AS4Kit.message()
  /// The contents in order.
  var contents: [[UInt8]] = [Array("<message>text</message>".utf8)]
  /// The Content-ID of each in the header, and on the wire where that differs.
  var contentIDs = ["part-1", "part-2", "part-3"]
  var wireIDs: [String]?
  var signer: Identity
  var recipient: Certificate
  var mode = AS4Kit.mode
  var order = Order.compressSignEncrypt
  var compresses = true
  var encrypts = true
  /// Replaces gzip.
  var compressed: ([UInt8]) throws -> [UInt8] = { try AS4Forge.gzip($0) }
  var references: ([SignatureReference]) -> [SignatureReference] = { $0 }
  /// Changes the tree before or after it is signed.
  var beforeSigning: (OutgoingEnvelope) throws -> Void = { _ in }
  var afterSigning: (OutgoingEnvelope) throws -> Void = { _ in }
  /// Changes the SOAP part's text.
  var soap: (String) -> String = { $0 }
  /// Changes the encrypted bytes of a part.
  var encrypted: ([UInt8]) -> [UInt8] = { $0 }
  /// Changes the whole body.
  var body: ([UInt8]) -> [UInt8] = { $0 }

  init(_ federation: AS4Federation) {
    signer = federation.a
    recipient = federation.b.certificate
  }

  static func gzip(_ bytes: [UInt8], _ strategy: GzipStrategy = .level(6)) throws -> [UInt8] {
    let collected = MemorySink()
    let sink = GzipCompressingSink(strategy, next: collected)
    try sink.write(bytes)
    try sink.close()
    return collected.bytes
  }

  static func encrypt(_ bytes: [UInt8], key: [UInt8]) throws -> [UInt8] {
    let collected = MemorySink()
    let sink = EncryptingSink(.aes128GCM, key: key, next: collected)
    try sink.write(bytes)
    try sink.close()
    return collected.bytes
  }

  func build() throws -> (contentType: String, body: [UInt8]) {
    var message = message
    message.parts = contents.indices.map { index in
      let compression = compresses ? [PartProperty(name: "CompressionType", value: "application/gzip")] : []
      return PartInfo(
        contentID: contentIDs[index], properties: [PartProperty(name: "MimeType", value: "text/xml")] + compression)
    }
    let envelope = OutgoingEnvelope { MessagingWriter.element(message, id: $0) }
    let encryption = OutgoingEncryption()
    if encrypts, !contents.isEmpty {
      try encryption.describe(message.parts, for: recipient, mode.encryptionKeyReference, in: envelope.security)
    }
    let keyInfo = try envelope.addSignerToken(signer, mode.signatureKeyReference)
    try beforeSigning(envelope)
    let (parts, digests) = try wireParts(encryption.key)
    let partReferences = zip(message.parts, digests).map { part, value in
      SignatureReference(
        uri: CIDReference.uri(part.contentID), transforms: [.attachmentContent], digestMethod: .sha256,
        digestValue: value)
    }
    try envelope.sign(references(envelope.references() + partReferences), signer: signer, keyInfo: keyInfo)
    try afterSigning(envelope)
    let text = soap(String(decoding: envelope.serialized(), as: UTF8.self))
    guard !parts.isEmpty else { return (Signal.contentType, body(Array(text.utf8))) }
    return (Self.contentType, body(Self.multipart(text, parts, wireIDs ?? contentIDs)))
  }

  static let contentType = "multipart/related; boundary=forge; type=\"application/soap+xml\"; start=\"<root>\""

  private static func multipart(_ soap: String, _ parts: [[UInt8]], _ ids: [String]) -> [UInt8] {
    var bytes = Array("--forge\r\nContent-Type: application/soap+xml\r\nContent-ID: <root>\r\n\r\n\(soap)".utf8)
    for (id, part) in zip(ids, parts) {
      bytes += Array("\r\n--forge\r\nContent-ID: <\(id)>\r\n\r\n".utf8) + part
    }
    return bytes + Array("\r\n--forge--\r\n".utf8)
  }

  /// The parts as sent, and the digest of each as signed.
  private func wireParts(_ key: [UInt8]) throws -> (parts: [[UInt8]], digests: [[UInt8]]) {
    var parts: [[UInt8]] = []
    var digests: [[UInt8]] = []
    for content in contents {
      let packed = compresses ? try compressed(content) : content
      let part = encrypts ? encrypted(try Self.encrypt(packed, key: key)) : packed
      parts.append(part)
      let signed =
        switch order {
        case .compressSignEncrypt: packed
        case .signCompressEncrypt: content
        case .encryptSign: part
        }
      digests.append(digest(.sha256, of: signed))
    }
    return (parts, digests)
  }
}

extension AS4Kit {
  /// Packs the contents as files and gives the message and its wire bytes to the body.
  static func withPacked<Result>(
    _ contents: [[UInt8]], message: UserMessage? = nil, mode: ProcessingMode = mode,
    _ body: (PackedMessage, URL) throws -> Result
  ) throws -> Result {
    let federation = try AS4Federation.shared()
    return try withFolder { folder in
      let sources = try contents.enumerated().map { index, content in
        let url = folder.appending(path: "content-\(index)")
        try Data(content).write(to: url)
        return PayloadSource(url: url, mimeType: "text/xml", characterSet: index == 0 ? "UTF-8" : nil)
      }
      let packed = try AS4Packager.pack(
        message ?? AS4Kit.message(mode: mode), payloads: sources, signer: federation.a,
        recipient: federation.b.certificate, mode: mode, spool: Spool(folder: folder.appending(path: "out")))
      return try body(packed, folder)
    }
  }

  /// Reads a message as access point B would; after a failure nothing may be left in the spool.
  static func read(
    _ contentType: String, _ bytes: [UInt8], receiver: AS4Receiver? = nil, chunk: Int = 4_096, in folder: URL
  ) throws -> VerifiedUserMessage {
    let spool = try Spool(folder: folder.appending(path: "in"))
    let reader = UserMessageReader(
      contentType: contentType, receiver: try receiver ?? AS4Federation.shared().receiver(), spool: spool)
    do {
      try feed(bytes, to: reader, chunk: chunk)
      return try reader.result()
    } catch {
      let left = try FileManager.default.contentsOfDirectory(atPath: spool.folder.path)
      guard left.isEmpty else { throw LeftBehind(files: left) }
      throw error
    }
  }

  /// Files in the spool after a refusal.
  struct LeftBehind: Error {
    let files: [String]
  }

  /// Reads a forged message.
  static func read(_ forge: AS4Forge, receiver: AS4Receiver? = nil, chunk: Int = 4_096) throws -> VerifiedUserMessage {
    let (contentType, body) = try forge.build()
    return try withFolder { try read(contentType, body, receiver: receiver, chunk: chunk, in: $0) }
  }
}
