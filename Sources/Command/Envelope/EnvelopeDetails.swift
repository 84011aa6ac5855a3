import SDKRelay
import XMLSecurity

extension EnvelopeView {
  /// Everything that can be told of an envelope without believing anybody.
  init(_ summary: EnvelopeSummary) {
    self.init(summary.header, isSigned: summary.signature != nil, signer: summary.signature?.signer)
    signature = summary.signature.map(SignatureView.init)
    encryption = summary.encryption.map(EncryptionView.init)
    size = summary.size
  }
}

/// How an envelope is signed.
struct SignatureView: Encodable {
  /// Whether the signature fits the envelope, whoever signed.
  let valid: Bool
  let reason: String?
  let method: String
  let digest: String
  let canonicalization: String
  let transforms: [String]

  init(_ summary: SignatureSummary) {
    valid = summary.problem == nil
    reason = summary.problem?.description
    method = summary.signatureMethod
    digest = summary.digestMethod
    canonicalization = summary.canonicalization
    transforms = summary.transforms
  }

  var rows: [[String]] {
    [
      ["signature", valid ? "fits the envelope; its signer has not been judged" : "not valid: \(reason ?? "")"],
      ["signature method", method], ["digest method", digest], ["canonicalization", canonicalization],
    ] + transforms.map { ["transform", $0] }
  }
}

/// How an envelope's payload is encrypted.
struct EncryptionView: Encodable {
  /// Why it would not be decrypted, whoever had the key.
  let reason: String?
  let cipher: String
  let keyTransport: String
  let keyTransportDigest: String?
  /// Whom it is encrypted for, by the certificate in the envelope.
  let recipient: SignerView?

  init(_ summary: EncryptionSummary) {
    reason = summary.problem?.description
    cipher = summary.cipher
    keyTransport = summary.keyTransport
    keyTransportDigest = summary.keyTransportDigest
    recipient = summary.recipient.map(SignerView.init)
  }

  var rows: [[String]] {
    var rows = [
      ["cipher", cipher], ["key transport", keyTransport],
      ["key digest", keyTransportDigest ?? "SHA-1, as not written"],
    ]
    if let recipient {
      rows += [
        ["encrypted for", recipient.subject], ["issuer", recipient.issuer],
        ["valid", "\(localTime(recipient.notBefore)) to \(localTime(recipient.notAfter))"],
      ]
    }
    if let reason { rows.append(["encryption", "not accepted: \(reason)"]) }
    return rows
  }
}
