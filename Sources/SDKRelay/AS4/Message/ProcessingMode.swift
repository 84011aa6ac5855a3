public import XMLSecurity

/// How a security token names its certificate (WSS X.509 Token Profile 1.1.1 §3).
public enum KeyReference: String, Hashable, Sendable, CaseIterable, Codable {
  /// The certificate itself beside the signature.
  case binarySecurityToken
  /// The certificate with its issuers.
  case pkiPath
  /// The key identifier that the certificate itself states.
  case subjectKeyIdentifier
  /// The issuer's name and the certificate's number.
  case issuerSerial
  /// The SHA-1 of the certificate; an index, not a security property.
  case thumbprint
}

/// What both access points have agreed upon before the first message. The defaults are the federation's.
public struct ProcessingMode: Hashable, Sendable {
  /// `eb:PartyId/@type` of both access points (ebMS Core §5.2.2.4).
  public var partyType = "urn:fdc:digg.se:edelivery:transportprofile:as4:partytype:ap"
  /// `eb:From/eb:Role`.
  public var initiatorRole = AS4Names.initiator
  /// `eb:To/eb:Role`.
  public var responderRole = AS4Names.responder
  /// The message partition channel (ebMS Core §3.4); none given on receipt means the default.
  public var mpc = AS4Names.defaultMPC
  /// `eb:Service`. On receipt the type is compared without regard to case: the federation prints two spellings.
  public var service = TypedValue("bdx:noprocess", type: "urn:fdc:digg.se:edelivery:process")
  /// The type of the participants' ids in message properties.
  public var participantScheme = "iso6523-actorid-upis"

  /// How our signatures name our certificate. On receipt all kinds are accepted.
  public var signatureKeyReference = KeyReference.binarySecurityToken
  /// How our encrypted keys name the recipient's certificate. On receipt all kinds are accepted.
  public var encryptionKeyReference = KeyReference.binarySecurityToken
  /// Whether parts are compressed on sending. On receipt both are accepted (TA04).
  public var compresses = true
  /// The content ciphers accepted on receipt; AES-128-GCM is always sent.
  public var contentCiphers: Set<ContentCipher> = [.aes128GCM]
  /// The key transports accepted on receipt; RSA-OAEP with SHA-256 is always sent.
  public var keyTransports: Set<KeyTransport> = [.oaep256]

  /// How far ahead of our clock a message's timestamp may lie.
  public var maximumAhead: Duration = .seconds(24 * 3600)
  /// How old a message may be: no longer than duplicates are remembered.
  public var duplicateWindow: Duration = .seconds(90 * 24 * 3600)

  public init() {}

  /// The federation's values (Transportprofil AS4 1.0).
  public static let federation = ProcessingMode()

  /// The action of a document type.
  public static func action(documentID: String) -> String {
    "busdox-docid-qns::\(documentID)"
  }

  /// The properties that carry the two participants (corners C1 and C4).
  public func properties(originalSender: String, finalRecipient: String) -> [MessageProperty] {
    [
      MessageProperty(name: "originalSender", type: participantScheme, value: originalSender),
      MessageProperty(name: "finalRecipient", type: participantScheme, value: finalRecipient),
    ]
  }

  /// The two access points of an outgoing message by the common names of their certificates.
  public func parties(from: String, to: String) -> (from: AS4Party, to: AS4Party) {
    (
      AS4Party(partyID: from, type: partyType, role: initiatorRole),
      AS4Party(partyID: to, type: partyType, role: responderRole)
    )
  }
}
