import Foundation
public import XMLSecurity

/// What an envelope says of itself, for people and tools that look into it. Nobody's word has been checked but the
/// signature's mathematics, and nothing has been decrypted.
public struct EnvelopeSummary: Sendable {
  public let header: EnvelopeHeader
  /// The envelope's length in bytes.
  public let size: Int
  /// nil for an unsigned envelope.
  public let signature: SignatureSummary?
  /// nil for a payload that is not encrypted.
  public let encryption: EncryptionSummary?
}

/// How an envelope is signed.
public struct SignatureSummary: Sendable {
  /// Why the signature is not valid, whoever signed; nil where it is.
  public let problem: EnvelopeProblem?
  /// The algorithms' identifiers as written, allowed or not; empty where the element is missing.
  public let signatureMethod: String
  public let digestMethod: String
  public let canonicalization: String
  public let transforms: [String]
  /// nil where the signature does not hold exactly one certificate that can be read.
  public let signer: Certificate?
}

/// How an envelope's payload is encrypted.
public struct EncryptionSummary: Sendable {
  /// Why the payload would not be decrypted, whoever had the key; nil where it would.
  public let problem: EncryptionProblem?
  /// The algorithms' identifiers as written, allowed or not; empty where the element is missing.
  public let cipher: String
  public let keyTransport: String
  /// The key transport's digest; nil where it is not written, which means SHA-1.
  public let keyTransportDigest: String?
  /// nil where the envelope does not name whom it is encrypted for.
  public let recipient: Certificate?
}

extension ReceivedEnvelope {
  /// Looks at the envelope without believing or decrypting anything. The algorithms are read from where they stand in
  /// a right envelope, and from nowhere else.
  public func summary() -> EnvelopeSummary {
    EnvelopeSummary(
      header: header, size: file.size, signature: parts.signature.map(summary(ofSignature:)),
      encryption: parts.encryptedData.map(Self.summary(ofEncryption:)))
  }

  private func summary(ofSignature element: XMLElement) -> SignatureSummary {
    let signedInfo = element.child(XMLName(XMLNamespaces.ds, "SignedInfo"))
    let reference = signedInfo?.child(XMLName(XMLNamespaces.ds, "Reference"))
    let transforms = reference?.child(XMLName(XMLNamespaces.ds, "Transforms"))
    return SignatureSummary(
      problem: signatureProblem(),
      signatureMethod: signedInfo.algorithm("SignatureMethod") ?? "",
      digestMethod: reference.algorithm("DigestMethod") ?? "",
      canonicalization: signedInfo.algorithm("CanonicalizationMethod") ?? "",
      transforms: transforms?.elements.map { $0.attribute("Algorithm") ?? "" } ?? [],
      signer: element.child(XMLName(XMLNamespaces.ds, "KeyInfo")).flatMap { try? X509Data.certificate(in: $0) })
  }

  private func signatureProblem() -> EnvelopeProblem? {
    do {
      _ = try verify(.signatureOnly, at: .distantPast)
      return nil
    } catch {
      return error
    }
  }

  private static func summary(ofEncryption element: XMLElement) -> EncryptionSummary {
    let key = element.child(XMLName(XMLNamespaces.ds, "KeyInfo"))?.child(XMLName(XMLNamespaces.xenc, "EncryptedKey"))
    let keyMethod = key?.child(XMLName(XMLNamespaces.xenc, "EncryptionMethod"))
    return EncryptionSummary(
      problem: problem(with: element),
      cipher: element.child(XMLName(XMLNamespaces.xenc, "EncryptionMethod"))?.attribute("Algorithm") ?? "",
      keyTransport: keyMethod?.attribute("Algorithm") ?? "",
      keyTransportDigest: keyMethod.algorithm("DigestMethod"),
      recipient: key?.child(XMLName(XMLNamespaces.ds, "KeyInfo")).flatMap { try? X509Data.certificate(in: $0) })
  }

  private static func problem(with encryptedData: XMLElement) -> EncryptionProblem? {
    do {
      _ = try EncryptedPayload(parsing: encryptedData)
      return nil
    } catch {
      return error
    }
  }
}

extension XMLElement? {
  /// The algorithm of a method that XML Signature names.
  fileprivate func algorithm(_ method: String) -> String? {
    self?.child(XMLName(XMLNamespaces.ds, method))?.attribute("Algorithm")
  }
}
