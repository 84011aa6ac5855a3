import Foundation
import XMLSecurity

/// What a valid signature by a trusted access point covers. Only ``verify`` makes one: whoever holds it may rely on the
/// envelope's Messaging and Body, and on each part whose digest equals the one in `parts`.
struct SignedReferences {
  let signer: TrustedCertificate
  /// As signed, in their order; what the receipt acknowledges.
  let references: [SignatureReference]
  /// The references to MIME parts by Content-ID.
  let parts: [String: SignatureReference]

  /// The certificates and the moment that decide.
  struct Trust {
    let store: TrustStore
    let known: [Certificate]
    let now: Date
  }

  /// Checks in this order: one signature; its shape and algorithms; its certificate; `accept`; the chain; the value;
  /// each digest inside the envelope; coverage of Messaging and Body.
  ///
  /// - Parameter accept: why the certificate may not sign this message, or nil.
  static func verify(
    _ soap: SOAPEnvelope, trust: Trust, accept: (Certificate) -> String?
  ) throws(EbMSError) -> SignedReferences {
    // 1. Exactly one signature.
    let signatures = soap.security?.children(.ds("Signature")) ?? []
    guard let element = signatures.first else { throw EbMSError(.policyNoncompliance, "the message is not signed") }
    guard signatures.count == 1 else { throw EbMSError(.failedAuthentication, "more than one ds:Signature") }
    // 2. Shape and algorithms, before any cryptography (X5, X8, X9).
    let signature = try parse(element)
    // 3.–5. The certificate, whom it belongs to, and who vouches for it (I1, I2).
    let signer = try trusted(signature, in: soap, trust: trust, accept: accept)
    // 6. The signature value (X17).
    do throws(SignatureProblem) {
      try signature.verifyValue(with: signer.certificate.publicKey)
    } catch {
      throw EbMSError(.failedAuthentication, "ds:SignatureValue does not verify")
    }
    // 7. Each reference leads to a known place, and digests inside the envelope are right.
    var covered: [XMLElement] = []
    var parts: [String: SignatureReference] = [:]
    for reference in signature.references {
      if let id = CIDReference.contentID(reference.uri) {
        guard reference.transforms == [.attachmentContent] else {
          throw EbMSError(.policyNoncompliance, "ds:Reference \(shown(reference.uri)): transforms are not accepted")
        }
        guard parts.updateValue(reference, forKey: id) == nil else {
          throw EbMSError(.failedAuthentication, "ds:Reference \(shown(reference.uri)) occurs twice")
        }
      } else {
        covered.append(try verified(reference, in: soap))
      }
    }
    // 8. Messaging and Body are covered; an empty Body needs no signature (X4).
    guard covered.contains(where: { $0 === soap.messaging }) else {
      throw EbMSError(.policyNoncompliance, "the signature does not cover eb:Messaging")
    }
    guard soap.isBodyEmpty || covered.contains(where: { $0 === soap.body }) else {
      throw EbMSError(.policyNoncompliance, "the signature does not cover S12:Body")
    }
    return SignedReferences(signer: signer, references: signature.references, parts: parts)
  }

  private init(signer: TrustedCertificate, references: [SignatureReference], parts: [String: SignatureReference]) {
    self.signer = signer
    self.references = references
    self.parts = parts
  }

  private static func parse(_ element: XMLElement) throws(EbMSError) -> ParsedSignature {
    do throws(SignatureProblem) {
      return try ParsedSignature(element, policy: .webServiceSecurity)
    } catch {
      if case .algorithm = error { throw EbMSError(.policyNoncompliance, "\(error)") }
      throw EbMSError(.failedAuthentication, "\(error)")
    }
  }

  private static func trusted(
    _ signature: ParsedSignature, in soap: SOAPEnvelope, trust: Trust, accept: (Certificate) -> String?
  ) throws(EbMSError) -> TrustedCertificate {
    let named = try NamedCertificates(signature.keyInfo, in: soap, known: trust.known)
    var problem = EbMSError(.failedAuthentication, "no certificate")
    for candidate in named.candidates {
      if let reason = accept(candidate) {
        problem = EbMSError(.failedAuthentication, reason)
        continue
      }
      do throws(TrustProblem) {
        return try trust.store.verify(
          candidate, presented: named.presented, at: trust.now, for: .digitalSignature)
      } catch {
        // Where revocation cannot be known at present, the same message may pass later (I4).
        problem = EbMSError(
          .failedAuthentication, "signing certificate: \(error)", isTransient: error.reason == .revocationUnknown)
      }
    }
    throw problem
  }

  /// The element a reference inside the envelope covers. Only header blocks, tokens and the Body can be meant: a signed
  /// copy elsewhere is the classic wrapping attack (X3). Other URIs are never followed (X11).
  private static func verified(
    _ reference: SignatureReference, in soap: SOAPEnvelope
  ) throws(EbMSError) -> XMLElement {
    guard reference.uri.hasPrefix("#"), let target = soap.elementByID[ExactText(String(reference.uri.dropFirst()))]
    else {
      throw EbMSError(.failedAuthentication, "ds:Reference \(shown(reference.uri)) leads nowhere in this message")
    }
    let isInPlace = target === soap.body || target.parent === soap.header || target.parent === soap.security
    guard isInPlace else {
      throw EbMSError(.failedAuthentication, "ds:Reference \(shown(reference.uri)) leads to an unexpected place")
    }
    guard reference.transforms.count == 1, case .canonicalization(let method) = reference.transforms[0],
      case .exclusive = method
    else { throw EbMSError(.policyNoncompliance, "ds:Reference \(shown(reference.uri)): transforms are not accepted") }
    let value = digest(reference.digestMethod, of: target.canonical(method))
    guard constantTimeEqual(value, reference.digestValue) else {
      throw EbMSError(.failedAuthentication, "ds:Reference \(shown(reference.uri)): the digest differs")
    }
    return target
  }
}
