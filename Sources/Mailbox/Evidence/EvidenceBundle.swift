import Foundation
import SDKRelay
import XMLSecurity

/// A message's evidence, about to be written as one file (BundleLayout.swift).
struct EvidenceBundle {
  let id: MessageID
  /// Nil for a message that was rejected.
  let message: StoredMessage?
  let participant: ParticipantID
  let pieces: [Evidence]
  let events: [RelayEvent]
  let signers: BundleSigners
  let signing: Identity
  let exported: Date

  /// An event in `events.json`.
  private struct Event: Encodable {
    let number: Int64
    let time: Date
    let status: String?
    let transportID: String?
    let text: String
    let alarm: Bool
  }

  var record: EvidenceRecord {
    EvidenceRecord(
      messageID: id.value, participant: participant.value,
      direction: (message?.direction ?? .incoming).rawValue, status: (message?.status ?? .rejected).rawValue,
      exported: exported,
      culled: message?.content.culled.map { EvidenceRecord.Culled(rule: $0.rule, time: $0.time) },
      signatures: signers.signed.map(\.record))
  }

  func write(into file: SpoolFile) throws {
    let zip = ZipWriter(file)
    var manifest = BundleManifest()
    func add(_ name: String, _ write: (any ByteSink) throws -> Void) throws {
      manifest.digests.append((name, try zip.add(name, write)))
    }
    try zip.add(BundleLayout.mimetype, Array(BundleLayout.mediaType.utf8))
    try add(BundleLayout.readme) { try $0.write(BundleReadme(self).text) }
    try add(BundleLayout.record) { try $0.write([UInt8](EvidenceRecord.encoder().encode(record))) }
    try add(BundleLayout.events) { try $0.write(eventList()) }
    for piece in pieces { try add(BundleLayout.entry(piece.document, piece.kind)) { try piece.write(into: $0) } }
    for signed in signers.signed {
      try add(signed.record.certificate) { try $0.write(signed.certificates.flatMap(\.pem)) }
    }
    try add(BundleLayout.organisations) { try $0.write(signers.organisations.flatMap(\.pem)) }
    try add(BundleLayout.accessPoints) { try $0.write(signers.accessPoints.flatMap(\.pem)) }
    for (name, list) in signers.revocationLists { try add(name) { try $0.write(list.pem) } }
    let signed = manifest.bytes
    try zip.add(BundleLayout.manifest, signed)
    try zip.add(BundleLayout.signature, try DetachedSignature.make(over: signed, by: signing))
    try zip.finish()
  }

  private func eventList() throws -> [UInt8] {
    let list = events.map {
      Event(
        number: $0.number, time: $0.time, status: $0.status?.rawValue, transportID: $0.transportID, text: $0.text,
        alarm: $0.isAlarm)
    }
    return [UInt8](try EvidenceRecord.encoder().encode(list))
  }
}

/// `readme.txt`: what this is, for people who have nothing but the file.
struct BundleReadme {
  let text: String

  init(_ bundle: EvidenceBundle) {
    let record = bundle.record
    let signatures = record.signatures.map { signature in
      let chain = signature.chainHolds ? "chain held / kedjan höll" : "chain did NOT hold / kedjan höll INTE"
      return "  \(signature.entry)\n    \(UTCTimestamp.text(signature.time))  \(signature.subject)\n    \(chain)"
    }
    let missing = Self.missing(bundle.pieces).map { "  \($0)" }
    let culled = record.culled.map { "\n" + Self.culled($0) } ?? ""
    text = """
      EVIDENCE OF AN SDK MESSAGE / BEVIS OM ETT SDK-MEDDELANDE

      Message / meddelande:      \(record.messageID)
      Kept by / bevaras av:      \(record.participant)
      Direction / riktning:      \(record.direction)
      Status:                    \(record.status)
      Exported / exporterat:     \(UTCTimestamp.text(record.exported))

      Signed pieces, when the node made or got them, and who signed
      Signerade delar, när noden skapade eller fick dem, och vem som signerade
      \(signatures.joined(separator: "\n"))

      Missing / saknas:
      \(missing.isEmpty ? "  nothing / inget" : missing.joined(separator: "\n"))
      \(culled)

      IN ENGLISH. The envelope is sealed by the sending organisation: whoever lacks the recipient's key can check it,
      and cannot read what it says. The SOAP part shows that the sending access point sent it, the transport receipt
      that the receiving access point took it, and the message receipt what the recipient's message service answered.
      Nothing here says that anybody has read the message. META-INF holds the SHA-256 of every file and the signature
      of the organisation that keeps the message. Check it with `sdkrelay evidence verify FILE --trust AUTHORITIES`, or
      by hand with openssl and xmlsec1 as its manual describes.

      PÅ SVENSKA. Kuvertet är förseglat av den avsändande organisationen: den som saknar mottagarens nyckel kan
      kontrollera det men inte läsa innehållet. SOAP-delen visar att avsändarens accesspunkt skickade det,
      transportkvittensen att mottagarens accesspunkt tog emot det, och meddelandekvittensen vad mottagarens
      meddelandetjänst svarade. Ingenting här säger att någon har läst meddelandet. META-INF innehåller SHA-256 för
      varje fil och en underskrift av den organisation som bevarar meddelandet. Kontrollera med
      `sdkrelay evidence verify FIL --trust UTFÄRDARE`, eller för hand med openssl och xmlsec1 enligt handboken.

      """
  }

  private static func culled(_ culled: EvidenceRecord.Culled) -> String {
    """
    CULLED under the rule \(culled.rule), \(UTCTimestamp.text(culled.time)): subject, texts, attachments, persons and
    references are there no longer, nor is the sealed envelope that held them. What is here proves that the message was
    exchanged, and not what it said.
    GALLRAT enligt regeln \(culled.rule), \(UTCTimestamp.text(culled.time)): rubrik, texter, bilagor, personer och
    referenser finns inte kvar, inte heller det förseglade kuvert som innehöll dem. Det som finns här visar att
    meddelandet har utväxlats, inte vad som stod i det.

    """
  }

  /// The pieces that a whole proof has and this one has not.
  static func missing(_ pieces: [Evidence]) -> [String] {
    let there = Set(pieces.map { BundleLayout.entry($0.document, $0.kind) })
    return BundlePieces.all.filter { !there.contains($0) }
  }
}

/// The six pieces of a whole proof.
enum BundlePieces {
  static let all = [Evidence.Document.message, .messageReceipt].flatMap { document in
    [Evidence.Kind.envelope, .userMessage, .transportReceipt].map { BundleLayout.entry(document, $0) }
  }
}
