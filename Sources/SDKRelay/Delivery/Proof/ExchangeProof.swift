public import Foundation
public import XMLSecurity

/// Looks at the signed SOAP parts of an exchange as anybody may who was handed them: long afterwards, without a node.
public enum ExchangeProof {
  /// Who signed a SOAP part, as it says itself; nothing about them has been judged.
  public struct Signer: Hashable, Sendable {
    public let certificate: Certificate
    /// The issuers that were sent along.
    public let presented: [Certificate]
  }

  /// An AS4 message whose signature holds.
  public struct SentPart {
    public let message: UserMessage
    public let signer: Certificate
    let references: [SignatureReference]
  }

  /// Reads who signed a SOAP part; the signature value is the certificate's.
  /// - Parameter known: certificates that the part may name without carrying them.
  public static func signer(of soap: [UInt8], known: [Certificate]) throws(EbMSError) -> Signer {
    let envelope = try SOAPEnvelope(parsing: soap)
    guard let element = envelope.security?.child(.ds("Signature")) else {
      throw EbMSError(.policyNoncompliance, "the message is not signed")
    }
    let signature: ParsedSignature
    do throws(SignatureProblem) {
      signature = try ParsedSignature(element, policy: .webServiceSecurity)
    } catch {
      throw EbMSError(.failedAuthentication, "\(error)")
    }
    let named = try NamedCertificates(signature.keyInfo, in: envelope, known: known)
    let signer = named.candidates.first { (try? signature.verifyValue(with: $0.publicKey)) != nil }
    guard let signer else { throw EbMSError(.failedAuthentication, "ds:SignatureValue does not verify") }
    return Signer(certificate: signer, presented: named.presented)
  }

  /// Verifies an AS4 message's SOAP part: signature, what it covers, the chain at the time, and that the sending access
  /// point is the signer.
  public static func verify(
    message soap: [UInt8], known: [Certificate], trust: TrustStore, at time: Date
  ) throws(EbMSError) -> SentPart {
    let envelope = try SOAPEnvelope(parsing: soap)
    let message = try MessagingReader.read(envelope.messaging)
    let trust = SignedReferences.Trust(store: trust, known: known, now: time)
    let signed = try SignedReferences.verify(envelope, trust: trust) { certificate in
      certificate.commonName.map { sameBytes($0, message.from.partyID) } == true
        ? nil : "the signer is not the sending access point"
    }
    for part in message.parts where signed.parts[part.contentID] == nil {
      throw EbMSError(.policyNoncompliance, "the signature does not cover part \(shown(part.contentID))")
    }
    return SentPart(message: message, signer: signed.signer.certificate, references: signed.references)
  }

  /// Verifies the AS4 receipt to a message: signature, the chain at the time, that the receiving access point is the
  /// signer, and that its digests are the message's.
  /// - Returns: the signer's certificate.
  @discardableResult
  public static func verify(
    receipt soap: [UInt8], to sent: SentPart, known: [Certificate], trust: TrustStore, at time: Date
  ) throws(EbMSError) -> Certificate {
    let signer = try signer(of: soap, known: known).certificate
    guard signer.commonName.map({ sameBytes($0, sent.message.to.partyID) }) == true else {
      throw EbMSError(.failedAuthentication, "the signer is not the receiving access point")
    }
    let message = SentMessage(id: sent.message.messageID, references: sent.references)
    switch try Signal.read(soap: soap, answering: message, signers: [signer], trust: trust, at: time) {
    case .receipt: return signer
    case .error(let error): throw error
    case .invalid(let reason): throw EbMSError(.invalidReceipt, reason)
    }
  }
}
