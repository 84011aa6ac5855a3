import Foundation
import GRDB
import Testing
import XMLSecurity

@testable import SDKRelay

@Suite("Taking AS4 messages")
struct ReceiverTests {
  @Test("Q1, TA09, TA10, SDK-AS4-07: fifty at once with one id: one delivery, one receipt byte for byte")
  func parallel() async throws {
    try await withNet(running: [1]) { net in
      let message = try HandMade(net)
      let packed = try message.packed(try message.sealed(), in: net)
      let answers = try await withThrowingTaskGroup(of: AS4Answer.self) { group in
        for _ in 0..<50 { group.addTask { try await net.post(packed) } }
        return try await group.reduce(into: [AS4Answer]()) { $0.append($1) }
      }
      #expect(Set(answers.map(\.body)).count == 1)
      #expect(answers.allSatisfy { $0.status == 200 })
      try await net.settle(1)
      #expect(try net.delivered == 1)
      #expect(try net.receipts().count == 1)
      // And after a restart.
      await net.nodes[1].stop()
      try await net.start([1])
      #expect(try await net.post(packed).body == answers[0].body)
      #expect(try net.delivered == 1)
    }
  }

  @Test("Q1: the same id with other content is refused with EBMS:0003, for good, and an alarm, and not delivered")
  func otherContent() async throws {
    try await withNet(running: [1]) { net in
      let first = try HandMade(net)
      try await first.send(to: net)
      var second = try HandMade(net, text: "annat")
      second.header.messageID = first.header.messageID
      guard case .error(let error) = try await second.send(to: net) else {
        Issue.record("no error")
        return
      }
      #expect(error.code == .valueInconsistent && !error.isTransient)
      try await net.settle(1)
      #expect(try net.delivered == 1)
      #expect(try net.nodes[1].events().contains { $0.hasPrefix("! ") && $0.contains("came again with other content") })
    }
  }

  @Test("SDK-AS4-04: a participant or document type that is not served is answered EBMS:0004 NOT_SERVICED")
  func notServiced() async throws {
    try await withNet(running: [1]) { net in
      var stranger = try HandMade(net)
      stranger.header.properties = ProcessingMode.federation.properties(
        originalSender: net.a.id.value, finalRecipient: "0203:stranger.example.se")
      var type = try HandMade(net)
      type.header.action = "busdox-docid-qns::urn:example:another-document"
      for (message, reason) in [
        (stranger, "finalRecipient '0203:stranger.example.se' is not served here"),
        (type, "eb:Action 'busdox-docid-qns::urn:example:another-document' is not served here"),
      ] {
        guard case .error(let error) = try await message.send(to: net) else {
          Issue.record("no error")
          continue
        }
        #expect(error.code == .other)
        #expect(error.severity == .failure)
        #expect(error.detail.contains("NOT_SERVICED"))
        #expect(error.text == reason)
        #expect(!error.isTransient)
      }
      #expect(try net.nodes[1].relay.status().queued == 0)
    }
  }

  @Test("invariant 1: a second part, for which there is no place, is refused and not signed for")
  func twoParts() async throws {
    try await withNet(running: [1]) { net in
      let message = try HandMade(net)
      // Encrypted for somebody else: it is refused before anything is decrypted.
      let packed = try message.packed(try message.sealed(), in: net, to: 0, parts: 2)
      guard case .error(let error) = try await net.send(packed) else {
        Issue.record("no error")
        return
      }
      #expect(error.code == .valueInconsistent && !error.isTransient)
      #expect(error.detail == "eb:PayloadInfo: exactly one part is expected, not 2")
      #expect(error.refToMessageID == message.header.messageID)
      #expect(try net.nodes[1].relay.status().queued == 0)
    }
  }

  @Test("I9, 4CT_TA01: an originalSender that is no participant id is refused with its name, before decryption")
  func wrongSender() async throws {
    try await withNet(running: [1]) { net in
      for value in ["hello", "0203:komvux.kommun.ex\u{430}mple.se"] {
        var message = try HandMade(net)
        message.header.properties = ProcessingMode.federation.properties(
          originalSender: value, finalRecipient: net.b.id.value)
        guard case .error(let error) = try await net.send(message.packed(try message.sealed(), in: net, to: 0)) else {
          Issue.record("no error")
          continue
        }
        #expect(error.code == .valueInconsistent && !error.isTransient)
        #expect(error.detail.contains("originalSender") && error.detail.contains("is not a participant id"))
        #expect(error.detail.utf8.allSatisfy { $0 < 0x80 })
        #expect(error.refToMessageID == message.header.messageID)
      }
      #expect(try net.nodes[1].relay.status().queued == 0)
    }
  }

  @Test("TF-03, I2, SDK-AS4-10: an access point of another authority is refused with EBMS:0101, and nothing is stored")
  func foreignAccessPoint() async throws {
    try await withNet(running: [1]) { net in
      var message = try HandMade(net)
      message.accessPoint = try TestKeys.issue(
        "AP9001-TEST", CertificateAuthority.root("Accesspunkt CA TEST", bits: 2048))
      guard case .error(let error) = try await message.send(to: net) else {
        Issue.record("no error")
        return
      }
      #expect(error.code == .failedAuthentication)
      let rows = try net.nodes[1].relay.store.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM reception") }
      #expect(rows == 0)
    }
  }

  @Test("TA16, TA17: a ping gets a receipt and leaves nothing behind")
  func ping() async throws {
    try await withNet { net in
      guard case .receipt = try await net.nodes[0].relay.ping(net.b.id) else {
        Issue.record("no receipt")
        return
      }
      let rows = try net.nodes[1].relay.store.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM reception") }
      #expect(rows == 0)
      #expect(try net.delivered == 0)
    }
  }

  @Test("Q8: with the disk nearly full nothing is taken and no receipt given; with room again the repeat is")
  func full() async throws {
    let net = try TestNet()
    try await net.start([1])
    let message = try HandMade(net)
    let packed = try message.packed(try message.sealed(), in: net)
    await net.nodes[1].stop()
    var settings = net.nodes[1].settings
    settings.limits.reserve = .max / 2
    let full = try TestNode(settings, net.directory)
    try await full.start()
    let client = AS4Client(net.nodes[0].settings.client)
    let answer = try await client.send(try WireBody(file: packed.file), contentType: packed.contentType, to: full.url)
    await client.shutdown()
    #expect(answer.status == 503)
    #expect(answer.body.isEmpty)
    await full.stop()
    try await net.start([1])
    guard case .receipt = try await net.send(packed) else {
      Issue.record("no receipt")
      return await net.stop()
    }
    await net.stop()
  }

  @Test("Q2, Q8: a failed commit leaves no file and no receipt, and the repeat is taken as new")
  func failedCommit() async throws {
    try await withNet(running: [1]) { net in
      let message = try HandMade(net)
      let packed = try message.packed(try message.sealed(), in: net)
      let store = net.nodes[1].relay.store
      try await store.write { db in
        try db.execute(
          sql: """
            CREATE TRIGGER full BEFORE INSERT ON reception BEGIN SELECT RAISE(ABORT, 'full'); END
            """)
      }
      #expect(try await net.post(packed).status == 503)
      #expect(try store.layout.sealed(net.b.id).names().isEmpty)
      try await store.write { db in try db.execute(sql: "DROP TRIGGER full") }
      guard case .receipt = try await net.send(packed) else {
        Issue.record("no receipt")
        return
      }
      try await net.settle(1)
      #expect(try net.delivered == 1)
    }
  }

  @Test("SDK-AS4-15, SDK-MT-05: two participants on one node: each message in its own mailbox and folder")
  func twoParticipants() async throws {
    try await withNet { net in
      let file = try net.file([1, 2, 3])
      let toA = Draft(from: net.b.mailbox, to: net.a.mailbox, subject: "till a", attachments: [file])
      let toC = Draft(from: net.b.mailbox, to: net.c.mailbox, subject: "till c", attachments: [file])
      let relay = net.nodes[0].relay
      let ids = try await [net.nodes[1].relay.submit(toA), net.nodes[1].relay.submit(toC)]
      for id in ids { _ = try await net.nodes[0].wait(id, .incoming, for: .new) }
      #expect(try relay.messages(MessageFilter(participant: net.a.id)).map(\.subject) == ["till a"])
      #expect(try relay.messages(MessageFilter(participant: net.c.id)).map(\.subject) == ["till c"])
      #expect(try relay.messages(MessageFilter(mailbox: net.c.box)).map(\.id) == [ids[1]])
      #expect(try relay.message(ids[0], participant: net.c.id).isEmpty)
      for organization in [net.a, net.c] {
        #expect(try relay.store.layout.messages(organization.id).names().count == 1)
      }
    }
  }

  @Test("SDK-AS4-14, SDK-MT-03: events and log of a transfer carry every field on both sides, and no content")
  func logged() async throws {
    try await withNet { net in
      let id = try await net.nodes[0].relay.submit(net.draft("Hemligt ämne", text: "Hemlig text"))
      let sent = try #require(try await net.nodes[0].wait(id, .outgoing, for: .accepted))
      let received = try #require(try await net.nodes[1].wait(id, .incoming, for: .new))
      let outgoing = try net.nodes[0].relay.events(of: sent)
      let incoming = try net.nodes[1].relay.events(of: received)
      let transport = try #require(outgoing.compactMap(\.transportID).first)
      #expect(!incoming.isEmpty)
      for event in try net.nodes.flatMap({ try $0.relay.events(after: 0) }) {
        #expect(!event.text.contains("Hemlig"))
        #expect(event.participant != nil)
      }
      let parties = ["sender": net.a.id.value, "recipient": net.b.id.value, "transport": transport]
      for (node, message, peer) in [(0, "acknowledged", "AP9002-TEST"), (1, "received", "AP9001-TEST")] {
        let fields = try #require(
          net.nodes[node].log.metadata(of: message).first { $0["transport"] == transport })
        #expect(parties.allSatisfy { fields[$0] == $1 }, "\(message)")
        #expect(fields["accessPoint"] == peer)
        #expect(fields["certificate"]?.contains(peer) == true)
        #expect(fields["conversation"]?.lowercased() == sent.conversationID.comparable)
        #expect(!net.nodes[node].log.text.contains("Hemlig"))
      }
      // SDK-MT-03: the message's and the transfer's id stand together.
      #expect(
        net.nodes[1].log.metadata(of: "opened").contains { $0["message"] == id.value && $0["transport"] == transport })
    }
  }

  @Test("SDK-AS4-14: a known access point's refused message leaves its fields and the cause in log and events")
  func refusalLogged() async throws {
    try await withNet(running: [1]) { net in
      var stranger = try HandMade(net)
      stranger.header.properties = ProcessingMode.federation.properties(
        originalSender: net.a.id.value, finalRecipient: "0203:stranger.example.se")
      _ = try await stranger.send(to: net)
      let fields = try #require(net.nodes[1].log.metadata(of: "message refused").first)
      #expect(fields["accessPoint"] == "AP9001-TEST")
      #expect(fields["sender"] == net.a.id.value && fields["recipient"] == "0203:stranger.example.se")
      #expect(fields["transport"] == stranger.header.messageID && fields["error"]?.contains("EBMS:0004") == true)
      #expect(try await net.nodes[1].waitForEvent("refused, from AP9001-TEST: EBMS:0004"))
    }
  }
}
