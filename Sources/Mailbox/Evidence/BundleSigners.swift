import Foundation
import SDKRelay
import XMLSecurity

/// Who signed the pieces of a message's evidence, and what the node thinks of their certificates at the pieces' times.
struct BundleSigners {
  struct Signed {
    let record: EvidenceRecord.Signature
    /// The signer's certificate, then the issuers that were sent along.
    let certificates: [Certificate]
  }

  /// In the pieces' order.
  let signed: [Signed]
  let organisations: [Certificate]
  let accessPoints: [Certificate]
  /// Each under its entry's name.
  let revocationLists: [(name: String, list: RevocationList)]

  init(_ pieces: [Evidence], settings: NodeSettings, known: [Certificate]) throws {
    organisations = settings.envelopes.authorities
    accessPoints = settings.accessPoint.trust.authorities
    let own = settings.accessPoint.identity.certificate
    revocationLists =
      try Self.lists(settings.envelopes, "organisations")
      + Self.lists(settings.accessPoint.trust, "access-points")
    let lists = revocationLists.map(\.list)
    signed = try pieces.map { piece in
      let (signer, presented) = try Self.signer(of: piece, known: [own] + known)
      let authorities =
        piece.kind == .envelope ? settings.envelopes.authorities : settings.accessPoint.trust.authorities
      let reason = Self.refusal(of: signer, presented, authorities: authorities, at: piece.time)
      let revoked = lists.compactMap { $0.revocation(of: signer, issuers: authorities + presented) }.min()
      let record = EvidenceRecord.Signature(
        entry: BundleLayout.entry(piece.document, piece.kind), transportID: piece.transportID, time: piece.time,
        certificate: BundleLayout.certificate(piece.document, piece.kind), subject: signer.subject,
        sha256: Hexadecimal.encode(signer.sha256), chainHolds: reason == nil, reason: reason, revoked: revoked)
      return Signed(record: record, certificates: [signer] + presented)
    }
  }

  /// The lists as their files are now; a file that cannot be read any more gives what it held when the node started.
  private static func lists(_ trust: NodeSettings.Trust, _ name: String) throws -> [(String, RevocationList)] {
    try trust.revocationLists.enumerated().map { number, file in
      let present = try? RevocationList(NamedFile.read(file.url.path, limit: BundleLayout.revocationList))
      return ("\(BundleLayout.revocation)\(name)-\(number + 1).pem", try present ?? RevocationList(file.bytes))
    }
  }

  private static func signer(of piece: Evidence, known: [Certificate]) throws -> (Certificate, [Certificate]) {
    switch piece.content {
    case .closed(let problem): throw problem
    case .file(let file): return (try ReceivedEnvelope.read(file).verify(.signatureOnly, at: piece.time).signer, [])
    case .bytes(let bytes):
      guard piece.kind == .envelope else {
        let signer = try ExchangeProof.signer(of: bytes, known: known)
        return (signer.certificate, signer.presented)
      }
      return try withTemporaryFile { file in
        try file.write(bytes)
        try file.close()
        return (try ReceivedEnvelope.read(file.temporaryURL).verify(.signatureOnly, at: piece.time).signer, [])
      }
    }
  }

  private static func refusal(
    of signer: Certificate, _ presented: [Certificate], authorities: [Certificate], at time: Date
  ) -> String? {
    do {
      // Today's lists may be younger than the piece: revocations are looked up by their dates instead.
      let store = try TrustStore(anchors: authorities)
      _ = try store.verify(signer, presented: presented, at: time, for: .digitalSignature)
      return nil
    } catch {
      return "\(error)"
    }
  }
}

/// A file that vanishes afterwards, for what can only be read from a file.
func withTemporaryFile<Value>(_ work: (SpoolFile) throws -> Value) throws -> Value {
  let folder = FileManager.default.temporaryDirectory.appending(path: "sdkrelay-\(UUID().uuidString)")
  defer { try? FileManager.default.removeItem(at: folder) }
  let file = try Spool(folder: folder).create()
  defer { file.discard() }
  return try work(file)
}
