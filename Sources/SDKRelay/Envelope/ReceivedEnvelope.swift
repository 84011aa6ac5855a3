public import Foundation
public import XMLSecurity

/// Whom to believe about a signature.
public enum EnvelopeTrust: Sendable {
  /// Nobody: only the signature's mathematics and form are checked. For inspection, never for mail.
  case signatureOnly
  /// A signer with a chain to the federation's organisation CAs.
  case chain(TrustStore)
  /// A signer with such a chain whose certificate is one that the sender has published.
  case published([Certificate], TrustStore)
}

/// An envelope whose form is right. Nothing has been verified: its header is what somebody wrote.
public struct ReceivedEnvelope: Sendable {
  public let header: EnvelopeHeader
  /// Whether there is a signature to verify.
  public let isSigned: Bool
  let file: EnvelopeFile
  let parts: EnvelopeParts

  /// Reads an envelope and checks its form: well-formed XML within limits, then the schema and R1–R14.
  /// - Parameters:
  ///   - maximumBytes: the largest envelope to read.
  ///   - progress: told how many bytes of the file have been read, in this and in every later pass.
  public static func read(
    _ url: URL, maximumBytes: Int = defaultMaximumBytes, progress: (@Sendable (Int) -> Void)? = nil
  ) throws(EnvelopeProblem) -> ReceivedEnvelope {
    try read(StoredFile(url), maximumBytes: maximumBytes, progress: progress)
  }

  /// Reads an envelope that is kept, in plain or sealed.
  public static func read(
    _ stored: StoredFile, maximumBytes: Int = defaultMaximumBytes, progress: (@Sendable (Int) -> Void)? = nil
  ) throws(EnvelopeProblem) -> ReceivedEnvelope {
    let file = try EnvelopeFile(stored, maximumBytes: maximumBytes, progress: progress)
    let scan = EnvelopeScan()
    try file.parse(with: scan)
    guard let root = scan.root else { throw .unreadable }
    let rules = EnvelopeRules(root, hasContentText: scan.hasContentText)
    guard rules.faults.isEmpty, let header = rules.header else {
      throw .format(Array(rules.faults.prefix(maximumFaults)))
    }
    guard let digest = try? scan.digest() else { throw .unreadable }
    let parts = EnvelopeParts(root: root, inclusiveDigest: digest)
    return ReceivedEnvelope(header: header, isSigned: parts.signature != nil, file: file, parts: parts)
  }

  private static let maximumFaults = 50

  /// 200 MB: an access point handles envelopes of 100 MB and more.
  public static let defaultMaximumBytes = 200 << 20

  /// Verifies the signature. The checks stand in their order; nothing is decrypted.
  public func verify(_ trust: EnvelopeTrust, at time: Date) throws(EnvelopeProblem) -> VerifiedEnvelope {
    // First check: there is a signature, and it has the one allowed shape and algorithms.
    guard let element = parts.signature else { throw .unsigned }
    do {
      let signature = try ParsedSignature(element, policy: .envelope)
      let signer = try signature.certificate()
      // Second check: the signer is somebody to believe.
      try Self.check(signer, trust, at: time)
      // Third check: the signature value is the signer's.
      try signature.verifyValue(with: signer.publicKey)
      // Fourth check: what was signed is this document, all of it but the signature.
      try signature.references[0].check(try digest(for: signature.references[0]))
      return VerifiedEnvelope(header: header, signer: signer, file: file, parts: parts)
    } catch let problem as SignatureProblem {
      throw .signature(problem)
    } catch let problem as EnvelopeProblem {
      throw problem
    } catch {
      throw .unreadable
    }
  }

  private static func check(_ signer: Certificate, _ trust: EnvelopeTrust, at time: Date) throws(EnvelopeProblem) {
    switch trust {
    case .signatureOnly: return
    case .published(let published, let store):
      guard published.contains(signer) else { throw .notPublished }
      try chain(of: signer, store, at: time)
    case .chain(let store):
      try chain(of: signer, store, at: time)
    }
  }

  private static func chain(of signer: Certificate, _ store: TrustStore, at time: Date) throws(EnvelopeProblem) {
    do {
      _ = try store.verify(signer, at: time, for: .digitalSignature)
    } catch {
      throw .untrusted(error)
    }
  }

  /// The digest as the reference's transforms make it. The inclusive form, which most products sign, is known from the
  /// first pass; for a whole document Canonical XML 1.1 gives the same as 1.0. The exclusive form takes another pass.
  private func digest(for reference: SignatureReference) throws(EnvelopeProblem) -> [UInt8] {
    guard case .canonicalization(let method)? = reference.transforms.last, case .exclusive = method else {
      return parts.inclusiveDigest
    }
    let scan = EnvelopeScan(method)
    try file.parse(with: scan)
    guard let digest = try? scan.digest() else { throw .unreadable }
    return digest
  }

  /// Opens an envelope that has no signature to verify. Only ``TransportModel/base`` has such envelopes; their
  /// authenticity rests on AS4 alone, and it is for the caller to allow them.
  public func openUnsigned(into sink: any ByteSink) throws -> OpenedEnvelope {
    guard !isSigned, !header.isEncrypted, header.documentID.transportModel == .base else {
      throw EnvelopeProblem.unsigned
    }
    try parts.streamPlainPayload(of: file, header: header, into: sink)
    return OpenedEnvelope(header: header, signer: nil)
  }
}

/// An envelope whose signature has been verified. Only ``ReceivedEnvelope/verify(_:at:)`` makes one.
public struct VerifiedEnvelope: Sendable {
  public let header: EnvelopeHeader
  /// Who signed.
  public let signer: Certificate
  let file: EnvelopeFile
  let parts: EnvelopeParts

  /// The SHA-256 of the wrapped content key, by which a ciphertext that comes again in another envelope is recognised
  /// before the key is unwrapped; nil for an unencrypted payload.
  public var encryptedKeyDigest: [UInt8]? {
    (try? parts.encryptedPayload()).flatMap { $0 }.map { digest(.sha256, of: $0.key.value) }
  }

  /// Decrypts the payload, or passes on one that is not encrypted, into the sink and closes it.
  ///
  /// Throws ``EnvelopeProblem`` for everything that is wrong with the encryption, and what the sink throws as it is.
  /// - Parameter keys: the recipient's keys. The one that the envelope names is used, and only that one; an envelope that
  ///   names none is tried with each.
  public func open(with keys: [PrivateKey], into sink: any ByteSink) throws -> OpenedEnvelope {
    let encrypted: EncryptedPayload?
    do {
      encrypted = try parts.encryptedPayload()
    } catch {
      throw EnvelopeProblem.encryption(error)
    }
    guard let encrypted else {
      try parts.streamPlainPayload(of: file, header: header, into: sink)
      return OpenedEnvelope(header: header, signer: signer)
    }
    let contentKey = try encrypted.unwrap(with: keys)
    // An authenticated cipher's plain text may be used once its tag is known to be right: one pass to know, one to use.
    if encrypted.cipher.isAuthenticated {
      try encrypted.decrypt(file, key: contentKey, into: DiscardingSink())
    }
    try encrypted.decrypt(
      file, key: contentKey, into: header.isXML ? NamespaceContextSink(encrypted.namespaces, next: sink) : sink)
    return OpenedEnvelope(header: header, signer: signer)
  }
}

/// An envelope whose payload has been handed on.
public struct OpenedEnvelope: Sendable {
  public let header: EnvelopeHeader
  /// Who signed; nil under ``TransportModel/base`` without signature.
  public let signer: Certificate?
}
