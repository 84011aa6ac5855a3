import Foundation
import Testing
import XMLSecurity

@testable import SDKRelay

@Suite("SDK-TST-02: what comes again")
struct ReplayTests {
  @Test("Q3, SDK-KVT-11: the same envelope in a new AS4 message is delivered once, and the former receipt sent again")
  func repeated() async throws {
    try await withNet(running: [1]) { net in
      let message = try HandMade(net)
      let bytes = try message.sealed()
      for round in [message, message.withNewTransportID()] {
        _ = try await net.send(round.packed(bytes, in: net))
        try await net.settle(1)
      }
      try await net.settle(2)
      #expect(try net.delivered == 1)
      let receipts = try net.receipts()
      #expect(receipts.count == 2)
      #expect(Set(receipts.map(\.id)).count == 1)
    }
  }

  @Test(
    "the same envelope from another access point first is rejected, and does not stand in the way of the sender's own")
  func repeatedFromElsewhere() async throws {
    try await withNet(running: [1]) { net in
      let message = try HandMade(net)
      let bytes = try message.sealed()
      var stolen = message.withNewTransportID()
      stolen.accessPoint = net.keys.accessPoints[1]
      stolen.header.from = ProcessingMode.federation.parties(from: "AP9002-TEST", to: "AP9002-TEST").from
      for (number, round) in [stolen, message].enumerated() {
        _ = try await net.send(round.packed(bytes, in: net))
        try await net.settle(number + 1)
      }
      #expect(try net.verdicts() == ["REJECTED BV security", "ACCEPTED"])
      #expect(try net.delivered == 1)
    }
  }

  @Test("2.4.4, Q3: another body under the same id is BV duplicate")
  func duplicate() async throws {
    try await withNet(running: [1]) { net in
      let id = MessageID.new()
      try await HandMade(net, id: id, text: "ett").send(to: net)
      try await net.settle(1)
      try await HandMade(net, id: id, text: "två").send(to: net)
      try await net.settle(2)
      #expect(try net.delivered == 1)
      #expect(try net.verdicts() == ["ACCEPTED", "REJECTED BV duplicate"])
    }
  }

  @Test(
    "E2: of 1,000 variants of one ciphertext with one encrypted key none costs a private-key operation",
    .timeLimit(.minutes(3)))
  func variants() async {
    // In a process of its own, since operations are counted for the process.
    await #expect(processExitsWith: .success) { try await ReplayTests.judgeVariants(1_000) }
  }

  static func judgeVariants(_ count: Int) async throws {
    let net = try TestNet()
    let node = net.nodes[1]
    let work = BlockingWork(threads: 1)
    let checks = OpenChecks(
      settings: node.settings, directory: net.directory, store: node.relay.store,
      trust: try node.settings.envelopes.store(), work: work, scan: MessageScan(nil))
    let message = try HandMade(net)
    let sealed = try message.sealed()
    var variants = [sealed]
    for number in 0..<count {
      variants.append(
        try net.resigned(sealed, as: net.a.identity) { text in
          // The ciphertext stands last; the wrapped key before it stays as it is.
          guard let place = text.range(of: "<xenc:CipherValue>", options: .backwards) else { return text }
          let start = text.index(place.upperBound, offsetBy: 4 * (number % 100))
          let changed = text.replacingCharacters(
            in: start..<text.index(start, offsetBy: 4), with: Base64.encode([UInt8(number / 100), 7, 9]))
          return changed.replacing(message.envelope.id, with: MessageID.new().value)
        })
    }
    let before = PrivateKey.operations
    var names: [String] = []
    for bytes in variants {
      let file = net.folder.appending(path: "variant")
      try Data(bytes).write(to: file)
      let reception = Reception(
        row: 0, participant: net.b.id, accessPoint: "AP9001-TEST", transportID: "t", receivedAt: Date(),
        sender: net.a.id, service: message.header.service.value, action: message.header.action, conversationID: "c",
        file: nil, size: bytes.count, payloadSha256: digest(.sha256, of: bytes), state: "received",
        isSealed: false, key: .none)
      names.append(try await checks.judge(ReceivedEnvelope.read(file), of: reception).name)
    }
    guard PrivateKey.operations == before + 1 else { throw KeyProblem.failed }
    guard names == ["valid"] + Array(repeating: "refused", count: count) else { throw EnvelopeProblem.unsigned }
  }
}
