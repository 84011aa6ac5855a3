import Foundation
import Logging
import SDKRelay
import Synchronization
import Testbed
import Testing

/// A federation in which one access point is an independent implementation. One for all tests here: keys take time.
private struct PeersWorld {
  static let shared = Result { try PeersWorld() }

  let folder: TemporaryFolder
  let federation: TestFederation
  /// Ours, as the sender.
  var sending: TestFederation.Node { federation.nodeA }
  /// Ours, as the receiver.
  var receiving: TestFederation.Node { federation.nodeB }

  init() throws {
    folder = try TemporaryFolder()
    var options = TestFederation.Options()
    options.keySizes = .quick
    options.furtherSettings = """
      delivery:
        retries: 16
        retryPeriod: 30 s

      """
    federation = try TestFederation.create(in: folder.url.appending(path: "federation"), options: options)
    // The peers call without a client certificate.
    for node in federation.nodes {
      let settings = try String(contentsOf: node.settings, encoding: .utf8)
      try settings.replacingOccurrences(of: "server:\n", with: "server:\n  mutual: false\n")
        .write(to: node.settings, atomically: true, encoding: .utf8)
    }
  }

  func file(_ name: String) -> URL { folder.url.appending(path: name) }

  /// The node's data, as its commands see it while it runs in a process of its own.
  func relay(_ node: TestFederation.Node) throws -> Relay {
    try Relay.open(NodeSettings(file: node.settings), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  func withNode<Value>(_ node: TestFederation.Node, _ body: () async throws -> Value) async throws -> Value {
    let process = try NodeProcess(binary: Sdkrelay.binary, node: node)
    do {
      try await process.waitUntilReady(within: .seconds(40))
      let value = try await body()
      try await process.stop()
      return value
    } catch {
      process.kill()
      throw error
    }
  }

  /// A peer in the place of the receiving access point.
  func withPeer<Value>(_ replies: [String], _ body: (PeerServer) async throws -> Value) async throws -> Value {
    let options = try Peers.options(as: receiving, towards: sending, in: federation)
    let server = try await PeerServer(options, replies: replies, output: file("requests"), payload: file("payload.xml"))
    defer { server.stop() }
    return try await body(server)
  }

  /// Sends a message from ours and waits until it has come so far.
  func deliver(_ relay: Relay, until status: MessageStatus) async throws -> MessageID {
    let (from, to) = (sending.organisation, receiving.organisation)
    let id = try await relay.submit(
      Draft(
        from: .init(ParticipantID(from.id), FunctionalAddress(from.mailboxes[0].address)),
        to: .init(ParticipantID(to.id), FunctionalAddress(to.mailboxes[0].address)), subject: "Studieplan", text: "Hej!"
      ))
    try await eventually("\(id.value) is \(status.rawValue)", within: .seconds(60)) {
      try relay.message(id).first?.status == status
    }
    return id
  }

  /// A sealed envelope that ours sent to the receiving organisation, as the peer got it, and the message's id.
  func sealedEnvelope() async throws -> (file: URL, id: MessageID) {
    try await withPeer(["good"]) { _ in
      try await withNode(sending) {
        (file("payload.xml"), try await deliver(relay(sending), until: .waitingForReceipt))
      }
    }
  }

  struct Case: Encodable {
    var name: String
    var payload = ""
    var signature, encryption, tamper, engine, prefixes: String?
    var plain, pretty, securityFirst, chunked: Bool?
    var resend: Int?
  }

  struct Outcome: Decodable {
    let name, kind: String
    let http: Int?
    let error: String?
    let codes: [String]
    let sameAnswer: Bool
  }

  /// Lets the peer, in the place of our sending access point, send all cases to the receiving node.
  func send(_ cases: [Case], payload: URL) async throws -> [Outcome] {
    let lines = try cases.map { example in
      var example = example
      if example.payload.isEmpty { example.payload = payload.path }
      return String(decoding: try JSONEncoder().encode(example), as: UTF8.self)
    }
    let input = try folder.file("cases", lines.joined(separator: "\n"))
    let options = try Peers.options(as: sending, towards: receiving, in: federation)
    let process = try Peers.start("send", options, input: input, output: file("outcomes"))
    try await eventually("the peer has sent all", within: .seconds(90)) { !process.isRunning }
    let outcomes: [Outcome] = try Peers.lines(of: file("outcomes"))
    try #require(outcomes.count == cases.count)
    return outcomes
  }
}

@Suite("Live AS4 peers", .enabled(if: Peers.areThere), .serialized)
struct PeersTests {
  @Test("Q4: after every wrong answer the same bytes go again until a good receipt; a final error ends the message")
  func sending() async throws {
    // Those in which the peer seems down stand apart, so that the circuit breaker stays closed.
    let wrong = [
      "unsigned", "http500", "wrong-digest", "html", "missing-part", "reset", "wrong-ref", "wrong-signer", "empty200",
      "empty202", "truncate", "error:EBMS:0004",
    ]
    let replies = wrong + ["good", "error:EBMS:0101", "as4pkg"]
    let world = try PeersWorld.shared.get()
    try await world.withPeer(replies) { peer in
      try await world.withNode(world.sending) {
        let relay = try world.relay(world.sending)
        _ = try await world.deliver(relay, until: .waitingForReceipt)
        let refused = try await world.deliver(relay, until: .messageExchangeError)
        let events = try relay.message(refused).first.map { try relay.events(of: $0) } ?? []
        #expect(events.contains { $0.text.contains("EBMS:0101") })
        // The other engine's receipt.
        _ = try await world.deliver(relay, until: .waitingForReceipt)
      }
      let requests = try peer.requests()
      #expect(requests.map(\.reply) == replies)
      #expect(Set(requests.prefix(wrong.count + 1).map(\.sha256)).count == 1, "a repeat differs")
      #expect(requests.allSatisfy { $0.error == nil })
    }
  }

  private static let references = ["bst", "pkipath", "ski", "thumb", "issuerserial"]

  private static let good: [PeersWorld.Case] =
    references.flatMap { signature in
      references.map { PeersWorld.Case(name: "\(signature)/\($0)", signature: signature, encryption: $0) }
    } + [
      .init(name: "as4pkg", engine: "as4pkg"), .init(name: "chunked", chunked: true),
      .init(name: "no prefixes", prefixes: ""), .init(name: "many prefixes", prefixes: "S12 eb wsse wsu"),
      .init(name: "pretty", pretty: true), .init(name: "security first", securityFirst: true),
      .init(name: "not compressed", plain: true), .init(name: "repeated", resend: 2),
    ]

  /// threats.md 6.1 to 6.3: what the peers' tampering must be answered with.
  private static let codes = [
    "bad-signature": "EBMS:0101", "bad-digest": "EBMS:0101", "modify-messaging": "EBMS:0101",
    "modify-attachment": "EBMS:0101", "wrap-body": "EBMS:0101", "dup-id": "EBMS:0101", "wrong-party": "EBMS:0101",
    "unsigned": "EBMS:0103", "unencrypted": "EBMS:0103", "sign-no-attachment": "EBMS:0103", "sha1": "EBMS:0103",
    "oaep-sha1": "EBMS:0103", "rsa15": "EBMS:0103", "missing-attachment": "EBMS:0007",
    "extra-attachment": "EBMS:0007", "unterminated-mime": "EBMS:0007", "bad-gzip": "EBMS:0303",
    "not-gzip": "EBMS:0303", "gzip-bomb": "EBMS:0303", "doctype": "EBMS:0009", "no-messaging": "EBMS:0009",
    "two-usermessages": "EBMS:0009", "no-properties": "EBMS:0003", "wrong-recipient-key": "EBMS:0102",
    "bad-gcm-tag": "EBMS:0102",
  ]

  @Test("peers' messages are taken under all key references and forms; all wrong ones get their error, large too")
  func receiving() async throws {
    let world = try PeersWorld.shared.get()
    let envelope = try await world.sealedEnvelope()
    let wrong = Self.codes.keys.sorted().map { PeersWorld.Case(name: $0, tamper: $0) }
    let outcomes = try await world.withNode(world.receiving) {
      let outcomes = try await world.send(wrong + Self.good, payload: envelope.file)
      let relay = try world.relay(world.receiving)
      try await eventually("delivered") { try !relay.message(envelope.id).isEmpty }
      return outcomes
    }
    for outcome in outcomes.prefix(wrong.count) {
      #expect(outcome.kind == "error" && outcome.codes == [Self.codes[outcome.name]], "\(outcome)")
    }
    for outcome in outcomes.dropFirst(wrong.count) {
      #expect(outcome.kind == "receipt" && outcome.http == 200, "\(outcome)")
      #expect(outcome.sameAnswer, "\(outcome.name): a repeat got another receipt")
    }
    // Refused by its head, and read to its end all the same: the peer writes first and reads afterwards.
    let large = try world.folder.file("large", String(repeating: "x", count: 30_000_000))
    let huge = try world.folder.file("huge", String(repeating: "x", count: 160_000_000))
    let refused = try await world.withNode(world.receiving) {
      try await world.send(
        [
          .init(name: "large", payload: large.path, tamper: "wrong-party", plain: true),
          .init(name: "huge", payload: huge.path, plain: true),
        ], payload: envelope.file)
    }
    #expect(refused[0].codes == ["EBMS:0101"], "\(refused[0])")
    #expect(refused[1].error?.contains("413") == true, "\(refused[1])")
    // One envelope in so many AS4 messages is one message (Q3), and nothing of the wrong ones is left.
    let messages = try world.relay(world.receiving).messages()
    #expect(messages.map(\.id) == [envelope.id])
    let incoming = world.receiving.data.appending(path: "incoming").path
    #expect(((try? FileManager.default.contentsOfDirectory(atPath: incoming)) ?? []).isEmpty)
  }
}
