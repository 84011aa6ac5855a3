public import Foundation
import SDKRelay
public import XMLSecurity

/// Whom to believe about the certificates in an evidence bundle.
public enum EvidenceTrust: Sendable {
  /// These authorities, organisations' and access points' apart.
  case named(organisations: [Certificate], accessPoints: [Certificate])
  /// Those that the bundle names itself: whoever made the bundle chose them, so that nothing is proven about who signed.
  case bundle
}

/// Verifies an evidence bundle, which somebody may have made to mislead. No node and no network is needed.
///
/// The order: the manifest's signature; the entries' digests, none more and none less; envelope, AS4 message and AS4
/// receipt of both journeys; what the message receipt is about. Each certificate is judged at the time at which the node
/// made or got the piece.
public final class EvidenceVerifier {
  private let zip: ZipReader
  private let trust: EvidenceTrust
  private var report = EvidenceReport()
  private var certificates: [Certificate] = []
  private var lists: [RevocationList] = []

  /// - Throws: ``UnreadableBundle`` where there is nothing to say about any entry.
  public static func verify(_ path: String, trust: EvidenceTrust) throws -> EvidenceReport {
    do {
      let verifier = EvidenceVerifier(zip: try ZipReader(path), trust: trust)
      try verifier.verify()
      return verifier.report
    } catch let problem as ZipProblem {
      throw UnreadableBundle(description: problem.description)
    }
  }

  private init(zip: ZipReader, trust: EvidenceTrust) {
    self.zip = zip
    self.trust = trust
  }

  private func verify() throws {
    // 1. It is a bundle at all.
    guard let first = zip.entries.first, first.name == BundleLayout.mimetype, first.size < 100,
      try zip.bytes(of: first, limit: 100) == Array(BundleLayout.mediaType.utf8)
    else { throw UnreadableBundle(description: "the file is no evidence bundle: its first entry is not the mimetype") }
    // 2. The manifest, and who signed it.
    let manifest = try readManifest()
    // 3. Every entry is what the manifest says, and there is no other.
    try checkEntries(manifest)
    // 4. The record. Times are taken from it, so it has to be what was signed.
    guard let record = try readRecord() else { return }
    try readCertificates()
    checkManifestSigner(at: record.exported)
    // 5. Each journey.
    let header = try checkJourney(.message, record)
    let isThere = zip.entry(BundleLayout.entry(.message, .envelope)) != nil
    let culled = isThere ? nil : record.culled?.rule
    report.culled = culled
    report.check("message id", detail: { (detail: String?) in detail }) { () -> String? in
      if let culled { return "the envelope that names it was culled under the rule \(culled)" }
      guard let header else { throw DoesNotHold("there is no envelope that names the message") }
      guard MessageID(header.id) == MessageID(record.messageID) else {
        throw DoesNotHold("the envelope is \(header.id), the record is about \(record.messageID)")
      }
      return nil
    }
    _ = try checkJourney(.messageReceipt, record)
    // 6. What the message receipt is about.
    if header != nil || culled != nil { try checkReceipt(header, record) }
    report.missing = BundlePieces.all.filter { zip.entry($0) == nil }
    for signature in record.signatures where zip.entry(signature.entry) == nil {
      report.fail("entry \(signature.entry)", "the record speaks of it, and it is not there")
    }
  }

  // MARK: The container

  private var manifestSigner: Certificate?

  private func readManifest() throws -> BundleManifest? {
    guard let entry = zip.entry(BundleLayout.manifest) else {
      report.fail("entry \(BundleLayout.manifest)", "it is missing")
      return nil
    }
    let bytes = try zip.bytes(of: entry, limit: BundleLayout.smallEntry)
    let manifest = report.check("manifest") {
      guard let manifest = BundleManifest(bytes) else {
        throw DoesNotHold("entry \(BundleLayout.manifest) is no list of SHA-256 digests")
      }
      return manifest
    }
    let signature = try zip.entry(BundleLayout.signature).map {
      try zip.bytes(of: $0, limit: DetachedSignature.maximumBytes)
    }
    manifestSigner = report.check("manifest signature", detail: { (signer: Certificate) in signer.subject }) {
      guard let signature else { throw DoesNotHold("entry \(BundleLayout.signature) is missing") }
      do {
        return try DetachedSignature.verify(signature, over: bytes)
      } catch {
        throw DoesNotHold("entries \(BundleLayout.signature) and \(BundleLayout.manifest): \(error)")
      }
    }
    return manifest
  }

  private func checkEntries(_ manifest: BundleManifest?) throws {
    guard let manifest else { return }
    let before = report.items.count
    for (name, sha256) in manifest.digests {
      guard let entry = zip.entry(name) else {
        report.fail("entry \(name)", "it is missing")
        continue
      }
      let sink = DigestSink(.sha256)
      try zip.read(entry, into: sink)
      if sink.digest() != sha256 { report.fail("entry \(name)", "it is not what the manifest was signed with") }
    }
    let named = Set(manifest.digests.map(\.name))
    let own: Set = [BundleLayout.mimetype, BundleLayout.manifest, BundleLayout.signature]
    for entry in zip.entries where !named.contains(entry.name) && !own.contains(entry.name) {
      report.fail("entry \(entry.name)", "the manifest does not name it")
    }
    if report.items.count == before {
      report.items.append(.init(name: "manifest digests", problem: nil, detail: "\(manifest.digests.count) entries"))
    }
  }

  private func readRecord() throws -> EvidenceRecord? {
    guard let bytes = try small(BundleLayout.record),
      let record = try? EvidenceRecord.decoder().decode(EvidenceRecord.self, from: Data(bytes)),
      record.format == EvidenceRecord.current
    else {
      report.fail("entry \(BundleLayout.record)", "it is missing, or written by another version of this program")
      return nil
    }
    (report.messageID, report.participant) = (record.messageID, record.participant)
    (report.direction, report.exported) = (record.direction, record.exported)
    return record
  }

  private func readCertificates() throws {
    for entry in zip.entries where entry.name.hasPrefix(BundleLayout.certificates) {
      let bytes = try small(entry.name) ?? []
      let read = report.check("entry \(entry.name)") { bytes.isEmpty ? [] : try Certificate.load(pem: bytes) }
      certificates += (read ?? []).filter { !certificates.contains($0) }
    }
    for entry in zip.entries where entry.name.hasPrefix(BundleLayout.revocation) {
      let bytes = try zip.bytes(of: entry, limit: BundleLayout.revocationList)
      if let list = report.check("entry \(entry.name)", { try RevocationList(bytes) }) { lists.append(list) }
    }
  }

  private func small(_ name: String) throws -> [UInt8]? {
    try zip.entry(name).map { try zip.bytes(of: $0, limit: BundleLayout.smallEntry) }
  }

  // MARK: Certificates

  private enum Level {
    case organisation, accessPoint
  }

  private func authorities(_ level: Level) throws -> [Certificate] {
    switch (trust, level) {
    case (.named(let organisations, _), .organisation): return organisations
    case (.named(_, let accessPoints), .accessPoint): return accessPoints
    case (.bundle, _):
      let name = level == .organisation ? BundleLayout.organisations : BundleLayout.accessPoints
      return try Certificate.load(pem: small(name) ?? [])
    }
  }

  /// The certificates in the bundle help to find a chain and are not believed themselves. Its lists may be younger than
  /// the piece, so they are asked for the date of a revocation.
  private func store(_ level: Level) throws -> TrustStore {
    try TrustStore(anchors: authorities(level), intermediates: certificates)
  }

  private func checkRevocation(of signer: Certificate, _ level: Level, at time: Date) throws {
    let issuers = try authorities(level) + certificates
    for revoked in lists.compactMap({ $0.revocation(of: signer, issuers: issuers) }) where revoked <= time {
      throw DoesNotHold("the certificate of \(signer.subject) had been revoked on \(UTCTimestamp.text(revoked))")
    }
  }

  private func checkManifestSigner(at time: Date) {
    guard let signer = manifestSigner else { return }
    report.check("manifest signer's chain") {
      _ = try store(.organisation).verify(signer, at: time, for: .digitalSignature)
      try checkRevocation(of: signer, .organisation, at: time)
    }
  }

  // MARK: A journey

  private func checkJourney(
    _ document: Evidence.Document, _ record: EvidenceRecord
  ) throws -> EnvelopeHeader? {
    func time(_ name: String) throws -> Date {
      guard let signature = record.signatures.first(where: { $0.entry == name }) else {
        throw DoesNotHold("the record does not say when it was signed")
      }
      return signature.time
    }
    let envelope = BundleLayout.entry(document, .envelope)
    let header = try zip.entry(envelope).flatMap { entry in
      try withTemporaryFile { file in
        try zip.read(entry, into: file)
        try file.close()
        return report.check(
          "envelope signature: \(envelope)", detail: { (verified: VerifiedEnvelope) in verified.signer.subject }
        ) {
          let time = try time(envelope)
          let chain = EnvelopeTrust.chain(try store(.organisation))
          let verified = try ReceivedEnvelope.read(file.temporaryURL).verify(chain, at: time)
          try checkRevocation(of: verified.signer, .organisation, at: time)
          return verified
        }?.header
      }
    }
    let name = BundleLayout.entry(document, .userMessage)
    guard let bytes = try small(name) else { return header }
    let sent = report.check(
      "access point's signature: \(name)", detail: { (sent: ExchangeProof.SentPart) in sent.signer.subject }
    ) {
      let time = try time(name)
      let sent = try ExchangeProof.verify(message: bytes, known: certificates, trust: store(.accessPoint), at: time)
      try checkRevocation(of: sent.signer, .accessPoint, at: time)
      return sent
    }
    checkParties(of: sent, header, name)
    let receipt = BundleLayout.entry(document, .transportReceipt)
    guard let bytes = try small(receipt) else { return header }
    report.check("access point's receipt: \(receipt)", detail: { (signer: Certificate) in signer.subject }) {
      guard let sent else { throw DoesNotHold("there is no valid AS4 message that it could be the receipt to") }
      let time = try time(receipt)
      let signer = try ExchangeProof.verify(
        receipt: bytes, to: sent, known: certificates, trust: store(.accessPoint), at: time)
      try checkRevocation(of: signer, .accessPoint, at: time)
      return signer
    }
    return header
  }

  /// Envelope and AS4 message name the same participants, and the same kind of document.
  private func checkParties(of sent: ExchangeProof.SentPart?, _ header: EnvelopeHeader?, _ name: String) {
    guard let sent, let header else { return }
    report.check("same parties: \(name)") {
      let parties = [sent.message.originalSender, sent.message.finalRecipient].map { $0?.lowercased() }
      guard parties == [header.from.comparable, header.to.comparable], sent.message.action == header.documentID.action
      else { throw DoesNotHold("the AS4 message and the envelope in it are about different exchanges") }
    }
  }

  // MARK: The message receipt

  /// - Parameter message: nil where the envelope was culled: the receipt is then what names the message.
  private func checkReceipt(_ message: EnvelopeHeader?, _ record: EvidenceRecord) throws {
    (report.sender, report.recipient) = (message?.from.value, message?.to.value)
    let name = BundleLayout.entry(.messageReceipt, .envelope)
    guard let entry = zip.entry(name) else { return }
    let response = try withTemporaryFile { file in
      try zip.read(entry, into: file)
      try file.close()
      return report.check(
        "message receipt: \(name)", detail: { (response: ApplicationResponse) in response.responseCode }
      ) {
        let sink = MemorySink(limit: BundleLayout.smallEntry)
        let received = try ReceivedEnvelope.read(file.temporaryURL)
        _ =
          try received.isSigned
          ? received.verify(.signatureOnly, at: .now).open(with: [], into: sink) : received.openUnsigned(into: sink)
        guard case .valid(let response) = ReceiptReader.read(sink.bytes) else {
          throw DoesNotHold("it holds no message receipt")
        }
        guard MessageID(response.documentReference) == MessageID(message?.id ?? record.messageID) else {
          throw DoesNotHold("it is about another message: \(response.documentReference)")
        }
        guard response.sender == received.header.from, response.receiver == received.header.to,
          message.map({ $0.to == response.sender && $0.from == response.receiver }) ?? true
        else { throw DoesNotHold("it is not the recipient's answer to the sender") }
        return response
      }
    }
    report.answer = response?.responseCode
    if message == nil, let response {
      (report.sender, report.recipient) = (response.receiver.value, response.sender.value)
    }
  }
}
