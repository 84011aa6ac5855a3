import Foundation
import Synchronization
import Testbed
import Testing
import XMLSecurity

@testable import Mailbox
@testable import SDKRelay

/// Two messages between two nodes that ran, the evidence of the first from both sides and of the second from the
/// recipient's.
final class EvidenceField: @unchecked Sendable {
  // Written by `make` only, before anybody else has it.
  let kill: KillField
  let folder: TemporaryFolder
  let id: MessageID
  let files: [URL]
  let other: URL
  let organisations: URL
  let accessPoints: URL
  static let subject = "Ansökan om plats 4712"

  private static let made = Mutex<Task<EvidenceField, any Error>?>(nil)

  static func shared() async throws -> EvidenceField {
    let task = made.withLock { made in
      let task = made ?? Task { try await EvidenceField() }
      if made == nil { atexit { EvidenceField.made.withLock { $0 = nil } } }
      made = task
      return task
    }
    return try await task.value
  }

  private init() async throws {
    kill = try KillField()
    folder = try TemporaryFolder()
    try await kill.start(0)
    try await kill.start(1)
    var ids: [MessageID] = []
    for _ in 0..<2 {
      let id = try await Self.send(kill)
      try #require(await kill.isDelivered(id))
      ids.append(id)
    }
    id = ids[0]
    files = ["sent.asice", "received.asice"].map { [folder] in folder.url.appending(path: $0) }
    other = folder.url.appending(path: "other.asice")
    for (node, id, file) in [(0, ids[0], files[0]), (1, ids[0], files[1]), (1, ids[1], other)] {
      let done = try await Sdkrelay.run(
        "evidence", "export", id.value, "--config", kill.federation.nodes[node].settings.path, "--out", file.path)
      try #require(done.exitCode == 0, "\(done.complaint)")
    }
    let settings = kill.relays[0].settings
    organisations = try folder.file(
      "o2o-ca.pem", String(decoding: settings.envelopes.authorities.flatMap(\.pem), as: UTF8.self))
    accessPoints = try folder.file(
      "ap-ca.pem", String(decoding: settings.accessPoint.trust.authorities.flatMap(\.pem), as: UTF8.self))
    try await kill.stop(0)
    try await kill.stop(1)
  }

  private static func send(_ kill: KillField) async throws -> MessageID {
    let draft = try kill.draft("bilaga-\(UUID().uuidString)")
    let sent = try await Sdkrelay.run(
      "send", "--config", kill.federation.nodeA.settings.path, "--from", draft.sender.address.value,
      "--to", "\(draft.recipient.participant.value)/\(draft.recipient.address.value)", "--subject", subject,
      "--text", KillField.marker, "--attach", draft.attachments[0].file.path, "--json")
    try #require(sent.exitCode == 0, "\(sent.complaint)")
    let id = try #require(try sent.json()["id"] as? String)
    return try #require(MessageID(id))
  }

  /// Writes a bundle anew.
  /// - Parameters:
  ///   - signing: signs the changed bundle's manifest; without it manifest and signature stay as they are.
  ///   - change: gives an entry's bytes, or nil to leave it out.
  func rewrite(
    _ zip: ZipReader, to url: URL, adding more: (name: String, bytes: [UInt8])? = nil, signing: Identity? = nil,
    change: (String, [UInt8]) throws -> [UInt8]?
  ) throws {
    let spool = try Spool(folder: url.deletingLastPathComponent())
    let file = try spool.create()
    let writer = ZipWriter(file)
    var manifest = BundleManifest()
    for entry in zip.entries {
      guard var bytes = try change(entry.name, zip.bytes(of: entry, limit: 1 << 24)) else { continue }
      if let signing {
        if let more, entry.name == BundleLayout.manifest {
          manifest.digests.append((more.name, try writer.add(more.name, more.bytes)))
        }
        if entry.name == BundleLayout.manifest { bytes = manifest.bytes }
        if entry.name == BundleLayout.signature {
          bytes = try DetachedSignature.make(over: manifest.bytes, by: signing)
        }
      }
      let sha256 = try writer.add(entry.name, bytes)
      let isCovered = entry.name != BundleLayout.mimetype && !entry.name.hasPrefix("META-INF/")
      if isCovered { manifest.digests.append((entry.name, sha256)) }
    }
    if signing == nil, let more { try writer.add(more.name, more.bytes) }
    try writer.finish()
    try file.keep(as: url.lastPathComponent)
  }
}
