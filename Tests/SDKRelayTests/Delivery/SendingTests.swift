import Foundation
import Synchronization
import Testing
import XMLSecurity

@testable import SDKRelay

@Suite("Sending, repeating and giving up")
struct SendingTests {
  @Test("TF-05, TA15, SDK-AS4-13: an unreachable access point: repeated, then EBMS:0301 to the sender with an alarm")
  func unreachable() async throws {
    try await withNet(
      change: { $0.delivery.retry = RetrySchedule(retries: 2, period: .seconds(2)) }, running: [0]
    ) { net in
      let id = try await net.nodes[0].relay.submit(net.draft())
      let message = try #require(try await net.nodes[0].wait(id, .outgoing, for: .messageExchangeError))
      #expect(message.status == .messageExchangeError)
      let events = try net.nodes[0].relay.events(of: message)
      #expect(
        events.compactMap(\.status) == [.scheduled, .submitted, .scheduledForResend, .messageExchangeError])
      #expect(events.last?.isAlarm == true)
      #expect(events.last?.text.contains("EBMS:0301 MissingReceipt") == true)
      #expect(try await eventually { try net.wireFiles(0, net.a.id).isEmpty })
    }
  }

  @Test(
    "2.7.x, SDK-AS4-08, SDK-AS4-17: a peer that comes back gets the same bytes with the same id, and each message once")
  func comesBack() async throws {
    try await withNet(
      change: { $0.delivery.retry = RetrySchedule(retries: 6, period: .seconds(12)) }, running: [0]
    ) { net in
      let id = try await net.nodes[0].relay.submit(net.draft())
      _ = try await net.nodes[0].wait(id, .outgoing, for: .scheduledForResend)
      let wire = try #require(try net.wireFiles(0, net.a.id).first)
      let before = try Data(contentsOf: wire)
      // SDK-AS4-17: the access points see the payload's conversation.
      #expect(String(decoding: before, as: UTF8.self).contains("ConversationId>\(id.value)<"))
      try await Task.sleep(for: .milliseconds(500))
      #expect(try Data(contentsOf: wire) == before)
      try await net.start([1])
      let sent = try #require(try await net.nodes[0].wait(id, .outgoing, for: .accepted, seconds: 30))
      #expect(sent.status == .accepted)
      let transport = Set(
        try net.nodes[0].relay.events(of: sent).filter { $0.status != .accepted }.compactMap(\.transportID))
      #expect(transport.count == 1)
      #expect(try net.delivered == 1)
    }
  }

  @Test("Q6, TA09, TA10: waiting for a peer that is known not to answer costs no attempt: when it is back, all go")
  func waitingCostsNothing() async throws {
    try await withNet(
      change: { $0.delivery.retry = RetrySchedule(retries: 4, period: .seconds(12)) }, running: [0]
    ) { net in
      var ids: [MessageID] = []
      for _ in 0..<12 { ids.append(try await net.nodes[0].relay.submit(net.draft())) }
      try await Task.sleep(for: .seconds(6))
      try await net.start([1])
      for id in ids {
        #expect(try await net.nodes[0].wait(id, .outgoing, for: .accepted, seconds: 20)?.status == .accepted)
      }
      #expect(try net.delivered == 12)
    }
  }

  @Test("invariant 8: what was accepted before a stop is sent after the next start, without a hand")
  func restart() async throws {
    let net = try TestNet()
    try await net.start([1])
    // Accepted by a process that does not run the node, as `sdkrelay send` is.
    let id = try await net.nodes[0].relay.submit(net.draft())
    #expect(try net.nodes[0].message(id, .outgoing)?.status == .scheduled)
    try await net.start([0])
    #expect(try await net.nodes[0].wait(id, .outgoing, for: .accepted)?.status == .accepted)
    await net.stop()
  }

  @Test("invariant 4: a message whose attachment has gone ends as failed, with an alarm, and is not held for ever")
  func attachmentGone() async throws {
    let net = try TestNet()
    let attachment = try net.file(Array("%PDF-1.4".utf8))
    let id = try await net.nodes[0].relay.submit(net.draft(attachments: [attachment]))
    let spool = try net.nodes[0].relay.store.layout.messages(net.a.id)
    for name in spool.names() { spool.remove(name) }
    try await net.start([0, 1])
    let message = try await net.nodes[0].wait(id, .outgoing, for: .messageExchangeError)
    #expect(message?.status == .messageExchangeError)
    #expect(try net.nodes[0].events().contains { $0.hasPrefix("! ") })
    await net.stop()
  }

  @Test("a message that another process commits is found without being told")
  func otherProcess() async throws {
    try await withNet { net in
      let other = try Relay.open(net.nodes[0].settings, directory: net.directory)
      let id = try await other.submit(net.draft())
      #expect(try await net.nodes[0].wait(id, .outgoing, for: .accepted)?.status == .accepted)
    }
  }

  @Test(
    "2.6.6, SDK-KVT-09: no message receipt in time: alarm, then MESSAGE_EXCHANGE_ERROR; a late one is recorded and undoes nothing"
  )
  func noReceipt() async throws {
    try await withNet(
      change: {
        $0.delivery.receipt = ReceiptClock(alarmAfter: .milliseconds(300), timeout: .seconds(3))
        // The receipt is still on its way when the wait for it ends.
        $0.delivery.retry = RetrySchedule(retries: 8, period: .seconds(60))
      }
    ) { net in
      // The recipient takes the message but cannot send its receipt: the sender's address is not reachable there.
      net.directory.set(
        TestDirectory.Entry(
          url: try #require(URL(string: "http://127.0.0.1:9/as4")),
          accessPoint: net.keys.accessPoints[0].certificate, organization: net.a))
      let id = try await net.nodes[0].relay.submit(net.draft())
      let message = try #require(try await net.nodes[0].wait(id, .outgoing, for: .messageExchangeError))
      #expect(message.status == .messageExchangeError)
      let events = try net.nodes[0].events()
      #expect(events.contains { $0.hasPrefix("! no message receipt for") })
      #expect(events.contains("! no message receipt came in time"))
      #expect(try net.delivered == 1)
      net.publish()
      #expect(try await net.nodes[0].waitForEvent("late message receipt: accepted by the recipient's message service"))
      #expect(try net.nodes[0].message(id, .outgoing)?.status == .messageExchangeError)
      #expect(try await eventually { try net.nodes[0].relay.evidence(of: message).count == 6 })
    }
  }

  @Test("a recipient that has left the directory ends the message with an alarm")
  func leftDirectory() async throws {
    let net = try TestNet()
    try await net.start([1])
    let id = try await net.nodes[0].relay.submit(net.draft())
    net.directory.remove(net.b.id)
    try await net.nodes[0].start()
    #expect(try await net.nodes[0].wait(id, .outgoing, for: .messageExchangeError)?.status == .messageExchangeError)
    #expect(try net.nodes[0].events().contains("! 0203:b.example.se is not in the directory"))
    await net.stop()
  }

  @Test("a directory that is down for a while only delays a message")
  func directoryDown() async throws {
    let net = try TestNet(change: { $0.delivery.retry = RetrySchedule(retries: 6, period: .seconds(12)) })
    try await net.start()
    await net.nodes[0].stop()
    let id = try await net.nodes[0].relay.submit(net.draft())
    net.directory.isDown.withLock { $0 = true }
    try await net.nodes[0].start()
    #expect(try await net.nodes[0].wait(id, .outgoing, for: .scheduledForResend)?.status == .scheduledForResend)
    net.publish()
    net.directory.isDown.withLock { $0 = false }
    #expect(try await net.nodes[0].wait(id, .outgoing, for: .accepted, seconds: 30)?.status == .accepted)
    await net.stop()
  }

  @Test("Q4: answers that are no valid receipt are not taken for one, and logged as EBMS:0302")
  func noValidReceipt() async throws {
    struct Mute: AS4RequestHandler {
      func handle(contentType: String, body: AS4RequestBody, peer: AS4Peer) async -> AS4Reply {
        AS4Reply(status: 200, contentType: "text/html", body: Array("<p>OK</p>".utf8))
      }
    }
    try await withNet(
      change: { $0.delivery.retry = RetrySchedule(retries: 1, period: .seconds(1)) }, running: [0]
    ) { net in
      let endpoint = try AS4Endpoint(AS4EndpointSettings(host: "127.0.0.1", port: 0, security: .plain), handler: Mute())
      let serving = Task { try await endpoint.run() }
      let port = try await endpoint.port
      net.directory.set(
        TestDirectory.Entry(
          url: try #require(URL(string: "http://127.0.0.1:\(port)/as4")),
          accessPoint: net.keys.accessPoints[1].certificate, organization: net.b))
      let id = try await net.nodes[0].relay.submit(net.draft())
      let message = try #require(try await net.nodes[0].wait(id, .outgoing, for: .messageExchangeError))
      #expect(message.status == .messageExchangeError)
      #expect(try !net.nodes[0].relay.evidence(of: message).contains { $0.kind == .transportReceipt })
      #expect(try net.nodes[0].events().contains { $0.contains("EBMS:0302") })
      try await endpoint.shutdown()
      serving.cancel()
    }
  }

  @Test("Q7: dead peers do not hold up messages to the living")
  func deadPeers() async throws {
    try await withNet(change: { $0.delivery.retry = RetrySchedule(retries: 4, period: .seconds(60)) }) { net in
      net.directory.set(
        TestDirectory.Entry(
          url: try #require(URL(string: "http://127.0.0.1:9/as4")),
          accessPoint: net.keys.accessPoints[0].certificate, organization: net.c))
      for _ in 0..<20 {
        _ = try await net.nodes[0].relay.submit(
          Draft(from: net.a.mailbox, to: net.c.mailbox, subject: "död", text: "x"))
      }
      let id = try await net.nodes[0].relay.submit(net.draft())
      #expect(try await net.nodes[0].wait(id, .outgoing, for: .accepted, seconds: 10)?.status == .accepted)
    }
  }

  // MARK: Submitting

  @Test("2.3.1, SDK-PAY-12: a message over the limit is refused before anything is stored")
  func tooLarge() async throws {
    let net = try TestNet(change: { $0.limits.outgoing = 100_000 })
    let draft = net.draft(attachments: [try net.file(randomBytes(90_000))])
    await #expect(throws: SubmissionProblem.self) { try await net.nodes[0].relay.submit(draft) }
    #expect(try net.nodes[0].relay.messages().isEmpty)
    #expect(try net.nodes[0].relay.store.layout.messages(net.a.id).names().isEmpty)
  }

  @Test("SDK-PAY-09, SDK-ADR-01: unknown mailboxes, on either side, and strangers are refused with their name")
  func mailboxes() async throws {
    let net = try TestNet()
    let unknown = try FunctionalAddress("sdk:okänd")
    var to = net.draft()
    to.recipient.address = unknown
    var from = net.draft()
    from.sender.address = unknown
    var stranger = net.draft()
    stranger.recipient.participant = try ParticipantID("0203:stranger.example.se")
    var notOurs = net.draft()
    notOurs.sender = net.b.mailbox
    for draft in [to, from, stranger, notOurs] {
      await #expect(throws: SubmissionProblem.self) { try await net.nodes[0].relay.submit(draft) }
    }
    #expect(try net.nodes[0].relay.status().queued == 0)
  }

  @Test(
    "SDK-PAY-04, SDK-PAY-05, SDK-PAY-15: a reply keeps the conversation, names its message and returns its references")
  func reply() async throws {
    try await withNet { net in
      var draft = net.draft()
      draft.references = [Draft.Reference(root: "dnr", value: "KV 2026/17")]
      let first = try await net.nodes[0].relay.submit(draft)
      let received = try #require(try await net.nodes[1].wait(first, .incoming, for: .new))
      #expect(received.conversationID == first)
      let answer = Draft(
        from: net.b.mailbox, to: net.a.mailbox, subject: "Svar", text: "Tack", replyTo: received.id)
      let second = try await net.nodes[1].relay.submit(answer)
      let reply = try #require(try await net.nodes[0].wait(second, .incoming, for: .new))
      #expect(reply.conversationID == first)
      #expect(reply.refToMessageID == first)
      #expect(reply.content.returnedReferences == draft.references)
    }
  }

  @Test("Q12: when nothing new can be taken, what was taken is finished")
  func finishes() async throws {
    let net = try TestNet()
    try await net.start([1])
    let id = try await net.nodes[0].relay.submit(net.draft())
    var settings = net.nodes[0].settings
    settings.limits.reserve = .max / 2
    let full = try TestNode(settings, net.directory)
    await #expect(throws: SubmissionProblem.self) { try await full.relay.submit(net.draft()) }
    try await full.start()
    for _ in 0..<500 where try full.message(id, .outgoing)?.status != .waitingForReceipt {
      try await Task.sleep(for: .milliseconds(20))
    }
    #expect(try full.message(id, .outgoing)?.status == .waitingForReceipt)
    await full.stop()
    await net.stop()
  }
}
