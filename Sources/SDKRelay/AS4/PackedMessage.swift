public import Foundation
public import XMLSecurity

/// A message ready for the wire. The file holds the whole HTTP body; each attempt sends the same bytes, so that a retry
/// can never be taken for another message (SDK-AS4-08).
public struct PackedMessage: Sendable {
  /// The AS4 message id.
  public let messageID: String
  /// The HTTP Content-Type that goes with the body.
  public let contentType: String
  /// The HTTP body, durable.
  public let file: URL
  /// The body's length in bytes.
  public let size: Int
  /// What was signed, and what the receipt must acknowledge.
  public let references: [SignatureReference]
  /// The signed SOAP part, byte for byte as it is sent.
  public let soap: [UInt8]

  init(
    messageID: String, contentType: String, file: URL, size: Int, references: [SignatureReference], soap: [UInt8]
  ) {
    self.messageID = messageID
    self.contentType = contentType
    self.file = file
    self.size = size
    self.references = references
    self.soap = soap
  }

  /// Reads back a message packed before a restart. All that is needed lies in the file. Throws ``PackProblem``,
  /// ``EbMSError``, a signature's problem, or what reading a file throws.
  public init(restoring file: URL) throws {
    let head = try FileHandle(forReadingFrom: file)
    defer { try? head.close() }
    let bytes = Array(try head.read(upToCount: AS4Limits().soap + 4_096) ?? Data())
    size = Int(try head.seekToEnd())
    self.file = file
    (contentType, soap) = try Self.soap(bytes)
    let envelope = try SOAPEnvelope(parsing: soap)
    guard let id = envelope.messageID, let signature = envelope.security?.child(.ds("Signature")) else {
      throw PackProblem.notPacked(file: file.lastPathComponent)
    }
    messageID = id
    references = try ParsedSignature(signature, policy: .webServiceSecurity).references
  }

  static let rootID = "soap@sdk-relay"

  static func contentType(boundary: String?) -> String {
    guard let boundary else { return "\(AS4Names.soapType); charset=UTF-8" }
    return "multipart/related; boundary=\"\(boundary)\"; type=\"\(AS4Names.soapType)\"; start=\"<\(rootID)>\"; "
      + "start-info=\"\(AS4Names.soapType)\""
  }

  /// The SOAP part at the body's beginning, and the content type that its first line tells.
  private static func soap(_ bytes: [UInt8]) throws -> (String, [UInt8]) {
    guard bytes.starts(with: Array("--".utf8)) else { return (contentType(boundary: nil), bytes) }
    let boundary = String(decoding: bytes.dropFirst(2).prefix { $0 != 0x0D }, as: UTF8.self)
    let soap = MemorySink()
    let rest = DiscardingSink()
    let reader = try MultipartReader(boundary: boundary, maximumParts: 3) { _, number -> any ByteSink in
      if number == 1 { soap } else { rest }
    }
    try reader.write(bytes)
    return (contentType(boundary: boundary), soap.bytes)
  }
}

/// Why a message could not be packed.
public enum PackProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// The processing mode names certificates by key identifier, and this one has none.
  case noSubjectKeyIdentifier(subject: String)
  /// The signed header exceeds the room left for it.
  case headerTooLarge
  /// The file does not hold a packed message.
  case notPacked(file: String)

  /// One sentence for the operator.
  public var description: String {
    switch self {
    case .noSubjectKeyIdentifier(let subject): "the certificate of \(subject) has no subject key identifier"
    case .headerTooLarge: "the signed header is larger than the room left for it"
    case .notPacked(let file): "\(file) holds no packed message"
    }
  }
}
