public import XMLSecurity

/// A payload as it arrived: decrypted, compared with its signed digest, decompressed.
///
/// Unchecked: the reader writes the file before this exists; afterwards it belongs to whoever holds the message.
public struct ReceivedPayload: @unchecked Sendable {
  /// The part's Content-ID without brackets.
  public let contentID: String
  /// The type before compression, where the sender gave one.
  public let mimeType: String?
  /// The encoding of XML content, where the sender gave one.
  public let characterSet: String?
  /// The content, sealed. It vanishes with the last reference unless it is kept.
  public let file: SealedSpoolFile
  /// The content's size in bytes.
  public let size: Int
  /// The content's SHA-256.
  public let sha256: [UInt8]
}

/// A user message whose signature, signer, coverage, decryption, digests and decompression have all been checked. Only
/// ``UserMessageReader`` makes one.
public struct VerifiedUserMessage: Sendable {
  /// The header, as signed.
  public let message: UserMessage
  /// The sending access point's certificate; its common name is the message's From.
  public let signer: TrustedCertificate
  /// What was signed; the receipt repeats them.
  public let references: [SignatureReference]
  /// In the order of the header (TA07).
  public let payloads: [ReceivedPayload]
  /// The signed SOAP part, byte for byte as it came.
  public let soap: [UInt8]

  /// Whether it only asks if this node is there: receipt, no delivery (TA16).
  public var isPing: Bool { message.isPing }

  init(
    message: UserMessage, signer: TrustedCertificate, references: [SignatureReference], payloads: [ReceivedPayload],
    soap: [UInt8]
  ) {
    self.message = message
    self.signer = signer
    self.references = references
    self.payloads = payloads
    self.soap = soap
  }
}
