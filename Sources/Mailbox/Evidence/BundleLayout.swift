import Foundation
import SDKRelay
import XMLSecurity

/// What lies where in an evidence bundle: a zip file in the extended form of ASiC with a CAdES signature (ASiC-E,
/// ETSI EN 319 162-1), so that others' tools can check it too.
///
/// ```
/// mimetype                             first, stored: application/vnd.etsi.asic-e+zip
/// readme.txt                           for people, in English and Swedish; neither content nor names
/// evidence.json                        which message, and who signed what when (EvidenceRecord)
/// events.json                          what happened to the message on this node: ids and codes
/// message/envelope.xml                 the sealed envelope, byte for byte
/// message/user-message.xml             the AS4 message's SOAP part
/// message/transport-receipt.xml        the AS4 receipt's SOAP part
/// message-receipt/…                    the same three of the recipient's message receipt
/// certificates/message-envelope.pem    who signed message/envelope.xml, and the issuers sent along; one for each piece
/// certificates/authorities-….pem       whom the node believed: organisations, access-points
/// revocation/….pem                     the revocation lists the node had at the export
/// META-INF/ASiCManifest001.xml         the SHA-256 of every entry but mimetype and META-INF
/// META-INF/signature001.p7s            the participant's signature over the manifest
/// ```
/// Entries stand in this order; what there is not is left out. A reader takes nothing for proven before the manifest's
/// signature and digests hold.
enum BundleLayout {
  static let mimetype = "mimetype"
  static let mediaType = "application/vnd.etsi.asic-e+zip"
  static let readme = "readme.txt"
  static let record = "evidence.json"
  static let events = "events.json"
  static let manifest = "META-INF/ASiCManifest001.xml"
  static let signature = "META-INF/signature001.p7s"
  static let organisations = "certificates/authorities-organisations.pem"
  static let accessPoints = "certificates/authorities-access-points.pem"
  static let certificates = "certificates/"
  static let revocation = "revocation/"
  /// In bytes: the largest of everything but envelopes and revocation lists.
  static let smallEntry = 1 << 20
  /// In bytes.
  static let revocationList = 100_000_000

  static func entry(_ document: Evidence.Document, _ kind: Evidence.Kind) -> String {
    "\(folder(document))/\(name(kind)).xml"
  }

  static func certificate(_ document: Evidence.Document, _ kind: Evidence.Kind) -> String {
    "\(certificates)\(folder(document))-\(name(kind)).pem"
  }

  private static func folder(_ document: Evidence.Document) -> String {
    switch document {
    case .message: "message"
    case .messageReceipt: "message-receipt"
    }
  }

  private static func name(_ kind: Evidence.Kind) -> String {
    switch kind {
    case .envelope: "envelope"
    case .userMessage: "user-message"
    case .transportReceipt: "transport-receipt"
    }
  }
}

/// What `evidence.json` says. It is the exporting node's word; the verifier believes of it only the times.
struct EvidenceRecord: Codable, Hashable {
  /// One signed piece.
  struct Signature: Codable, Hashable {
    /// The signed entry.
    let entry: String
    /// The AS4 message id of the exchange.
    let transportID: String
    /// When this node made or got it, and checked it: the time at which its certificate is judged.
    let time: Date
    /// The entry with the signer's certificate.
    let certificate: String
    let subject: String
    /// The certificate's SHA-256.
    let sha256: String
    /// Whether its chain led to an authority that the node believes at that time.
    let chainHolds: Bool
    /// Why not.
    let reason: String?
    /// When it was revoked, as the lists of the export say.
    let revoked: Date?
  }

  static let current = 1

  var format = current
  let messageID: String
  /// Whose message it is, of the node that exported it.
  let participant: String
  let direction: String
  let status: String
  let exported: Date
  /// The rule under which the message was culled before, and when: its envelope is there no longer.
  var culled: Culled?
  let signatures: [Signature]

  struct Culled: Codable, Hashable {
    let rule: String
    let time: Date
  }

  static func encoder() -> JSONEncoder {
    let encoder = JSONEncoder.stable(.prettyPrinted)
    encoder.dateEncodingStrategy = .iso8601
    return encoder
  }

  static func decoder() -> JSONDecoder {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    return decoder
  }
}

/// The manifest (ASiCManifest, ETSI EN 319 162-1 A.4): the SHA-256 of each entry.
struct BundleManifest: Hashable {
  /// In the bundle's order.
  var digests: [(name: String, sha256: [UInt8])] = []

  static let namespace = "http://uri.etsi.org/02918/v1.2.1#"

  static func == (a: Self, b: Self) -> Bool {
    a.digests.map(\.name) == b.digests.map(\.name) && a.digests.map(\.sha256) == b.digests.map(\.sha256)
  }

  func hash(into hasher: inout Hasher) { hasher.combine(digests.map(\.name)) }

  /// Entries' names are plain words, so nothing has to be escaped.
  var bytes: [UInt8] {
    let references = digests.map { name, sha256 in
      """
        <asic:DataObjectReference URI="\(name)">
          <ds:DigestMethod Algorithm="\(DigestAlgorithm.sha256.uri)"></ds:DigestMethod>
          <ds:DigestValue>\(Base64.encode(sha256))</ds:DigestValue>
        </asic:DataObjectReference>
      """
    }
    return Array(
      """
      <asic:ASiCManifest xmlns:asic="\(Self.namespace)" xmlns:ds="\(XMLNamespaces.ds)">
        <asic:SigReference MimeType="application/pkcs7-signature" URI="\(BundleLayout.signature)"></asic:SigReference>
      \(references.joined(separator: "\n"))
      </asic:ASiCManifest>

      """.utf8)
  }

  init() {}

  /// Reads a manifest; nil where it is none, or names an entry twice or with another digest than SHA-256.
  init?(_ bytes: [UInt8]) {
    let name = { XMLName(Self.namespace, $0) }
    guard let root = try? XMLElement.parse(bytes, limits: XMLLimits(totalBytes: BundleLayout.smallEntry)),
      root.name == name("ASiCManifest"), root.children(name("SigReference")).count == 1,
      root.child(name("SigReference"))?.attribute("URI") == BundleLayout.signature
    else { return nil }
    for reference in root.children(name("DataObjectReference")) {
      guard let uri = reference.attribute("URI"), !digests.contains(where: { $0.name == uri }),
        reference.child(XMLName(XMLNamespaces.ds, "DigestMethod"))?.attribute("Algorithm")
          == DigestAlgorithm.sha256.uri,
        let text = reference.child(XMLName(XMLNamespaces.ds, "DigestValue"))?.text,
        let value = try? Base64.decode(text)
      else { return nil }
      digests.append((uri, value))
    }
  }
}
