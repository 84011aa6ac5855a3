import Foundation
import Testing
import XMLSecurity

@testable import SDKRelay

@Suite("One message from organisation to organisation", .timeLimit(.minutes(3)))
struct ExchangeTests {
  @Test("TF-01, TF-04, SDK-AS4-06, SDK-KVT-06, SDK-MT-02, SDK-MT-05, 2.4.6: a message arrives whole, both hold signed proof, and no client is needed")
  func exchange() async throws {
    try await withNet { net in
      let bytes = randomBytes(300_000)
      let id = try await net.nodes[0].relay.submit(net.draft(attachments: [net.file(bytes)]))
      let sent = try #require(try await net.nodes[0].wait(id, .outgoing, for: .accepted))
      let events = try net.nodes[0].events() + net.nodes[1].events()
      #expect(sent.status == .accepted, "\(events)")
      let received = try #require(try await net.nodes[1].wait(id, .incoming, for: .new))
      #expect(received.status == .new)
      #expect(received.recipient.mailbox == net.b.box)
      #expect(received.content.texts == ["# Hej\n\nText."])
      let file = try #require(received.content.files.first)
      let stored = try Data(contentsOf: net.nodes[1].relay.attachment(file, of: received))
      #expect(stored == Data(bytes))
      let evidence = try net.nodes[0].relay.evidence(of: sent)
      #expect(evidence.map(\.kind) == [.transportReceipt, .messageReceipt])
      let outward = try net.nodes[0].relay.events(of: sent).compactMap(\.status)
      #expect(outward == [.scheduled, .submitted, .acknowledged, .waitingForReceipt, .accepted])
      let inward = try net.nodes[1].relay.events(of: received).compactMap(\.status)
      #expect(inward == [.retrieved, .receiptSent, .new])
    }
  }

  @Test("SDK-KVT-03, SDK-KVT-04, SDK-KVT-05: the receipt is signed, not encrypted, in the message's transport model, about its envelope, and never answered")
  func receipt() async throws {
    try await withNet { net in
      let id = try await net.nodes[0].relay.submit(net.draft())
      let sent = try #require(try await net.nodes[0].wait(id, .outgoing, for: .accepted))
      _ = try await net.nodes[1].wait(id, .incoming, for: .new)
      let proof = try #require(try net.nodes[0].relay.evidence(of: sent).first { $0.kind == .messageReceipt })
      let file = net.folder.appending(path: "receipt.xml")
      try Data(proof.bytes).write(to: file)
      let envelope = try ReceivedEnvelope.read(file)
      #expect(envelope.header.documentID == .receipt(.extended))
      #expect(!envelope.header.isEncrypted)
      #expect(envelope.header.id != id.value)
      #expect(envelope.header.from == net.b.id && envelope.header.to == net.a.id)
      let verified = try envelope.verify(.certificate(net.b.identity.certificate), at: Date())
      let payload = MemorySink()
      _ = try verified.open(with: [], into: payload)
      guard case .valid(let response) = ReceiptReader.read(payload.bytes) else {
        Issue.record("not a valid receipt")
        return
      }
      #expect(response.documentReference == id.value)
      #expect(response.lines.isEmpty)
      try await Task.sleep(for: .milliseconds(500))
      let answered = try net.nodes[0].events().filter { $0.contains("message receipt signed for") }
      #expect(answered.isEmpty, "a receipt was answered")
    }
  }

  @Test("SDK-MT-03: every event of a transfer carries the message's and the transport's id")
  func ids() async throws {
    try await withNet { net in
      let id = try await net.nodes[0].relay.submit(net.draft())
      let sent = try #require(try await net.nodes[0].wait(id, .outgoing, for: .accepted))
      let events = try net.nodes[0].relay.events(of: sent).filter { $0.status == .acknowledged || $0.status == .submitted }
      #expect(!events.isEmpty && events.allSatisfy { $0.messageID == id && $0.transportID != nil })
    }
  }

  @Test("SDK-AS4-15: two organisations on one node see their own messages and files only")
  func separation() async throws {
    try await withNet { net in
      let toA = Draft(from: net.b.mailbox, to: net.a.mailbox, subject: "Till a", text: "a", attachments: [try net.file([1])])
      let toC = Draft(from: net.b.mailbox, to: net.c.mailbox, subject: "Till c", text: "c", attachments: [try net.file([2])])
      let (first, second) = (try await net.nodes[1].relay.submit(toA), try await net.nodes[1].relay.submit(toC))
      let inA = try #require(try await net.nodes[0].wait(first, .incoming, for: .new))
      let inC = try #require(try await net.nodes[0].wait(second, .incoming, for: .new))
      let relay = net.nodes[0].relay
      #expect(try relay.messages(MessageFilter(participant: net.a.id)).map(\.id) == [first])
      #expect(try relay.messages(MessageFilter(participant: net.c.id)).map(\.id) == [second])
      #expect(try relay.message(first, participant: net.c.id).isEmpty)
      let folders = [inA, inC].compactMap { message in
        message.content.files.first.map { relay.attachment($0, of: message).deletingLastPathComponent() }
      }
      #expect(folders.count == 2 && folders[0] != folders[1])
    }
  }

  @Test("SDK-AS4-08, SDK-AS4-13, 2.7.x: a message to a node that is down is repeated with the same id and arrives once")
  func retry() async throws {
    try await withNet(change: { $0.delivery.retry = RetrySchedule(retries: 4, period: .seconds(12)) }, running: [0]) { net in
      let id = try await net.nodes[0].relay.submit(net.draft())
      #expect(try await net.nodes[0].waitForEvent("attempt 1 failed"))
      try await net.start([1])
      let sent = try #require(try await net.nodes[0].wait(id, .outgoing, for: .accepted))
      #expect(sent.status == .accepted)
      let transports = Set(try net.nodes[0].relay.events(of: sent).compactMap(\.transportID))
      // The message's own transport id and that of the message receipt, which came in a message of its own.
      #expect(transports.count <= 2)
      #expect(try net.nodes[1].relay.messages(MessageFilter(direction: .incoming)).count == 1)
    }
  }

  @Test("TF-05, TA15: when every attempt has failed the sender is told EBMS:0301 MissingReceipt")
  func unreachable() async throws {
    try await withNet(change: { $0.delivery.retry = RetrySchedule(retries: 2, period: .seconds(1)) }, running: [0]) { net in
      let id = try await net.nodes[0].relay.submit(net.draft())
      let sent = try #require(try await net.nodes[0].wait(id, .outgoing, for: .messageExchangeError))
      #expect(sent.status == .messageExchangeError)
      #expect(try net.nodes[0].events().contains { $0.hasPrefix("!") && $0.contains("EBMS:0301") })
    }
  }

  @Test("SDK-KVT-09, 2.6.6: a missing message receipt alarms, then ends as MESSAGE_EXCHANGE_ERROR")
  func missingReceipt() async throws {
    let clock = ReceiptClock(alarmAfter: .milliseconds(500), timeout: .seconds(2))
    try await withNet(change: { $0.delivery.receipt = clock }) { net in
      // The recipient's node finds no sender in the directory, so there is nowhere to send a receipt to.
      let id = try await net.nodes[0].relay.submit(net.draft())
      net.directory.remove(net.a.id)
      let sent = try #require(try await net.nodes[0].wait(id, .outgoing, for: .messageExchangeError))
      #expect(sent.status == .messageExchangeError)
      #expect(try net.nodes[0].events().contains { $0.hasPrefix("!") })
    }
  }

  @Test("TF-03, I2, I3: nothing is sealed for a recipient whose certificates are not trusted")
  func untrustedDestination() async throws {
    try await withNet { net in
      let stranger = try TestKeys.issue("AP9002-TEST", CertificateAuthority.root("Accesspunkt CA TEST", bits: 2048))
      net.directory.set(
        TestDirectory.Entry(url: net.nodes[1].url, accessPoint: stranger.certificate, organization: net.b))
      let id = try await net.nodes[0].relay.submit(net.draft())
      let sent = try #require(try await net.nodes[0].wait(id, .outgoing, for: .messageExchangeError))
      #expect(sent.status == .messageExchangeError)
      #expect(try net.nodes[1].relay.messages().isEmpty)
    }
  }

  @Test("Q8: a node without room answers 503 and takes nothing; the message waits and arrives later")
  func noRoom() async throws {
    try await withNet(change: { settings in
      if settings.participants.count == 1 { settings.limits.reserve = 1 << 60 }
    }) { net in
      let id = try await net.nodes[0].relay.submit(net.draft())
      #expect(try await net.nodes[0].waitForEvent("attempt 1 failed"))
      #expect(try net.nodes[0].message(id, .outgoing)?.status == .scheduledForResend)
      #expect(try net.nodes[1].relay.messages().isEmpty)
    }
  }

  @Test("Q7: messages to a dead access point do not hold up those to others")
  func deadPeer() async throws {
    try await withNet { net in
      net.directory.set(
        TestDirectory.Entry(
          url: try #require(URL(string: "http://127.0.0.1:9/as4")), accessPoint: net.keys.accessPoints[0].certificate,
          organization: net.c))
      for _ in 0..<30 {
        _ = try await net.nodes[1].relay.submit(Draft(from: net.b.mailbox, to: net.c.mailbox, subject: "Till c", text: "c"))
      }
      let start = ContinuousClock.now
      let id = try await net.nodes[1].relay.submit(Draft(from: net.b.mailbox, to: net.a.mailbox, subject: "Till a", text: "a"))
      let sent = try await net.nodes[1].wait(id, .outgoing, for: .accepted)
      #expect(sent?.status == .accepted)
      #expect(ContinuousClock.now - start < .seconds(10))
    }
  }

  @Test("TA16, TA17: a ping gets a receipt and delivers nothing")
  func ping() async throws {
    try await withNet { net in
      guard case .receipt = try await net.nodes[0].relay.ping(net.b.id) else {
        Issue.record("no receipt")
        return
      }
      #expect(try net.nodes[1].relay.messages().isEmpty)
    }
  }

  @Test("SDK-ADR-01, SDK-PAY-09, SDK-PAY-12, 2.3.1: unknown mailboxes and messages that are too large are stopped before they are sent")
  func stopped() async throws {
    try await withNet(change: { $0.limits.outgoing = 100_000 }, running: []) { net in
      let unknown = Draft.Mailbox(net.b.id, try FunctionalAddress("sdk:none:0203:b.example.se"))
      for draft in [
        Draft(from: net.a.mailbox, to: unknown, subject: "x", text: "x"),
        Draft(from: unknown, to: net.b.mailbox, subject: "x", text: "x"),
        net.draft(attachments: [try net.file(randomBytes(200_000))]),
      ] {
        await #expect(throws: SubmissionProblem.self) { try await net.nodes[0].relay.submit(draft) }
      }
      #expect(try net.nodes[0].relay.messages().isEmpty)
    }
  }
}
