import Foundation
import GRDB
import Logging
import Testing
import XMLSecurity

@testable import SDKRelay

@Suite("SDK-AS4-06, SDK-KVT-06: signed proof of both journeys, on both sides")
struct EvidenceTests {
  @Test("both sides hold the same bytes: envelopes, signed SOAP parts and receipts, of message and message receipt")
  func bothSides() async throws {
    try await withNet { net in
      let (sent, received) = try await net.exchange()
      let proofs = [
        try net.nodes[0].relay.evidence(of: sent), try net.nodes[1].relay.evidence(of: received),
      ]
      for proof in proofs {
        #expect(
          proof.map(\.document) == Array(repeating: .message, count: 3) + Array(repeating: .messageReceipt, count: 3))
        #expect(
          proof.map(\.kind) == [.envelope, .userMessage, .transportReceipt] + [
            .envelope, .userMessage, .transportReceipt,
          ])
      }
      #expect(try proofs[0].map { try $0.bytes } == proofs[1].map { try $0.bytes })
      #expect(proofs[0].map(\.transportID) == proofs[1].map(\.transportID))
      let envelope = try #require(try proofs[0].first).bytes
      #expect(try net.nodes[1].envelopeSha256(received) == digest(.sha256, of: envelope))
    }
  }

  @Test("the proof verifies: each SOAP part by its access point, the receipt's digests are the message's")
  func verifies() async throws {
    try await withNet { net in
      let (sent, _) = try await net.exchange()
      let proof = try net.nodes[0].relay.evidence(of: sent)
      for (journey, accessPoints, organisation) in [
        (proof.prefix(3), [0, 1], net.a), (proof.suffix(3), [1, 0], net.b),
      ] {
        let pieces = Array(journey)
        guard case .file(let file) = pieces[0].content else {
          Issue.record("the envelope is no file")
          continue
        }
        let chain = EnvelopeTrust.chain(try TrustStore(anchors: [organisation.identity.certificate]))
        _ = try ReceivedEnvelope.read(file).verify(chain, at: Date())
        let message = try net.verify(pieces[1].bytes, by: accessPoints[0])
        // What was signed is this very envelope, compressed.
        let compressed = DigestSink(.sha256)
        let gzip = GzipCompressingSink(.huffmanOnly, next: compressed)
        try pieces[0].write(into: gzip)
        try gzip.close()
        #expect(message.parts.values.map(\.digestValue) == [compressed.digest()])
        _ = try net.verify(pieces[2].bytes, by: accessPoints[1])
        #expect(try Self.acknowledged(pieces[2].bytes) == message.references.map(\.digestValue))
      }
    }
  }

  @Test("a rejected message lies in no mailbox, and its proof and its receipt's are kept")
  func rejected() async throws {
    try await withNet { net in
      let id = MessageID.new()
      var message = try HandMade(net, id: id)
      message.envelope.handlingServiceID = "sdk:finns-inte"
      let sealed = try message.sealed()
      _ = try await net.send(message.packed(sealed, in: net))
      try await net.settle(1)
      let node = net.nodes[1]
      #expect(try node.relay.message(id).isEmpty)
      #expect(try await eventually { try node.relay.evidence(ofRejected: id, at: net.b.id).count == 6 })
      let proof = try node.relay.evidence(ofRejected: id, at: net.b.id)
      #expect(try #require(proof.first).bytes == sealed)
      #expect(
        proof.filter { $0.document == .messageReceipt }.map(\.kind) == [.envelope, .userMessage, .transportReceipt])
      #expect(try node.relay.evidence(ofRejected: id, at: net.a.id).isEmpty)
    }
  }

  @Test("a message that no receipt came for leaves its envelope and its signed SOAP part, as they were sent")
  func unanswered() async throws {
    try await withNet(
      change: { $0.delivery.retry = RetrySchedule(retries: 1, period: .seconds(1)) }, running: [0]
    ) { net in
      let id = try await net.nodes[0].relay.submit(net.draft())
      let message = try #require(try await net.nodes[0].wait(id, .outgoing, for: .messageExchangeError))
      #expect(message.status == .messageExchangeError)
      #expect(try net.nodes[0].relay.evidence(of: message).map(\.kind) == [.envelope, .userMessage])
    }
  }

  @Test("invariants 6, 8: the janitor keeps what a row names, for good, and removes every other sealed file")
  func janitor() async throws {
    try await withNet { net in
      let (sent, received) = try await net.exchange()
      var refused = try HandMade(net)
      refused.envelope.federationID = Federation.sdk.id
      try await refused.send(to: net)
      try await net.settle(2)
      await net.stop()
      for (node, participant, message) in [(net.nodes[0], net.a.id, sent), (net.nodes[1], net.b.id, received)] {
        let store = node.relay.store
        let spool = try store.layout.sealed(participant)
        let named = Set(spool.names())
        let proof = try node.relay.evidence(of: message)
        #expect(named == Set(proof.compactMap(\.fileName)))
        let own = try #require(named.first?.split(separator: ".").first)
        // Without a row, of an exchange that has ended, with an ending that nothing has, and temporary.
        for name in ["stray.xhe", "stray.as4", "\(own).as4", "\(own)", "\(own).xhe.xhe", ".tmp-left"] {
          try Data([1]).write(to: spool.url(of: name))
        }
        let janitor = Janitor(
          store: store, participants: [participant], duplicateWindow: .seconds(90 * 86_400),
          logger: Logger(label: "test") { _ in SilentLog() })
        // A hundred days on, with every file as old.
        try await janitor.sweep(now: Date().addingTimeInterval(100 * 86_400))
        #expect(try FileManager.default.contentsOfDirectory(atPath: spool.folder.path).sorted() == named.sorted())
        #expect(try node.relay.evidence(of: message) == proof)
        #expect(try node.refusedReceptions == 0)
      }
    }
  }

  /// The digests that a receipt repeats, in their order.
  private static func acknowledged(_ receipt: [UInt8]) throws -> [[UInt8]] {
    let signal = try SOAPEnvelope(parsing: receipt).messaging.child(.ebms("SignalMessage"))
    let information = signal?.child(.ebms("Receipt"))?.child(XMLName(AS4Names.receipt, "NonRepudiationInformation"))
    return try (information?.elements ?? []).map { part in
      try Base64.decode(try #require(part.child(.ds("Reference"))?.child(.ds("DigestValue"))?.text))
    }
  }
}

extension Evidence {
  var bytes: [UInt8] {
    get throws {
      let sink = MemorySink()
      try write(into: sink)
      return sink.bytes
    }
  }

  fileprivate var fileName: String? {
    if case .file(let file) = content { file.url.lastPathComponent } else { nil }
  }
}

extension TestNet {
  /// A message and its receipt, there and back, as each side has it.
  fileprivate func exchange() async throws -> (sent: StoredMessage, received: StoredMessage) {
    let id = try await nodes[0].relay.submit(draft(attachments: [file(randomBytes(100_000))]))
    let sent = try #require(try await nodes[0].wait(id, .outgoing, for: .accepted))
    let received = try #require(try await nodes[1].wait(id, .incoming, for: .new))
    // A message receipt may overtake the transport receipt.
    _ = try await eventually { try nodes[0].relay.evidence(of: sent).count == 6 }
    return (sent, received)
  }

  fileprivate func verify(_ soap: [UInt8], by accessPoint: Int) throws -> SignedReferences {
    let trust = SignedReferences.Trust(
      store: try TrustStore(anchors: [keys.accessPointCA.identity.certificate]),
      known: keys.accessPoints.map(\.certificate), now: Date())
    return try SignedReferences.verify(try SOAPEnvelope(parsing: soap), trust: trust) { certificate in
      certificate == keys.accessPoints[accessPoint].certificate ? nil : "another access point"
    }
  }
}

extension TestNode {
  fileprivate func envelopeSha256(_ message: StoredMessage) throws -> [UInt8]? {
    try relay.store.read { db in
      try Data.fetchOne(db, sql: "SELECT envelopeSha256 FROM message WHERE id = ?", arguments: [message.row])
    }.map { [UInt8]($0) }
  }

  fileprivate var refusedReceptions: Int? {
    get throws {
      try relay.store.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM reception WHERE state = 'refused'") }
    }
  }
}
