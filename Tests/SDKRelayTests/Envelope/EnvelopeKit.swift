import Foundation
import SDKRelay
import XMLSecurity

/// Keys, certificates and files for envelope tests, made once.
enum EnvelopeKit {
  static let authority = Result { try CertificateAuthority.root("Envelope Test CA", bits: 2048) }
  static let sender = Result { try identity("Sender") }
  static let recipient = Result { try identity("Recipient") }
  static let stranger = Result {
    try CertificateAuthority.selfSigned(
      CertificateRequest(subject: [("C", "SE"), ("O", "Test"), ("CN", "Sender")]), key: PrivateKey.generate(bits: 2048))
  }

  static func identity(_ name: String) throws -> Identity {
    try authority.get().issue(
      CertificateRequest(subject: [("C", "SE"), ("O", "Test"), ("CN", name)]), key: PrivateKey.generate(bits: 2048))
  }

  static func trust() throws -> TrustStore {
    try TrustStore(anchors: [authority.get().identity.certificate])
  }

  static let from = try? ParticipantID("0203:komvux.kommun.example.se")
  static let to = try? ParticipantID("0203:arbetsformedlingen.example.se")

  static func header(encrypted: Bool = true, id: String? = nil) throws -> EnvelopeHeader {
    EnvelopeHeader(
      id: id ?? MessageID.new().value, documentID: .message(), federationID: Federation.test.id,
      from: try ParticipantID("0203:komvux.kommun.example.se"),
      to: try ParticipantID("0203:arbetsformedlingen.example.se"), documentTypeCode: EnvelopeHeader.messageTypeCode,
      handlingServiceID: "sdk:inkorg", isEncrypted: encrypted)
  }

  static let payload =
    "<p:messagePayload xmlns:p=\"urn:riv:infrastructure:messaging:MessageWithAttachments:3\">å &amp; b</p:messagePayload>"

  /// A signed and encrypted envelope.
  static func sealed(_ text: String = payload, header: EnvelopeHeader? = nil) throws -> [UInt8] {
    let sink = MemorySink()
    let header = try header ?? self.header()
    _ = try Envelope.seal(
      header, encryptedFor: header.isEncrypted ? recipient.get().certificate : nil, signedBy: sender.get(), into: sink
    ) { try $0.write(text) }
    return sink.bytes
  }

  /// Reads bytes as an envelope.
  static func read(_ bytes: [UInt8]) throws -> ReceivedEnvelope {
    let url = FileManager.default.temporaryDirectory.appending(path: "envelope-\(UUID().uuidString).xml")
    try Data(bytes).write(to: url)
    // The envelope keeps its file open.
    defer { try? FileManager.default.removeItem(at: url) }
    return try ReceivedEnvelope.read(url)
  }

  static func verify(_ bytes: [UInt8]) throws -> VerifiedEnvelope {
    try read(bytes).verify(.chain(trust()), at: Date())
  }

  /// Verifies and opens with the recipient's key; gives the payload's text.
  static func open(_ bytes: [UInt8]) throws -> String {
    let sink = MemorySink()
    _ = try verify(bytes).open(with: [recipient.get().privateKey], into: sink)
    return String(decoding: sink.bytes, as: UTF8.self)
  }

  static let shared: URL = {
    if let path = ProcessInfo.processInfo.environment["SDKRELAY_SHARED"] { return URL(filePath: path) }
    var folder = URL(filePath: #filePath).deletingLastPathComponent()
    while folder.path != "/", !FileManager.default.fileExists(atPath: folder.appending(path: "Package.swift").path) {
      folder.deleteLastPathComponent()
    }
    return folder.deletingLastPathComponent().appending(path: "shared")
  }()
  static let hasShared = FileManager.default.fileExists(atPath: shared.appending(path: "official").path)

  static func official(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: shared.appending(path: "official").appending(path: path)))
  }
}

extension EnvelopeKit {
  /// Runs a program and gives what it printed, on both streams, and its exit code.
  static func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, text: String) {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    let file = FileManager.default.temporaryDirectory.appending(path: "out-\(UUID().uuidString)")
    try Data().write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let handle = try FileHandle(forWritingTo: file)
    process.standardOutput = handle
    process.standardError = handle
    try process.run()
    process.waitUntilExit()
    try handle.close()
    return (process.terminationStatus, String(decoding: try Data(contentsOf: file), as: UTF8.self))
  }
}
