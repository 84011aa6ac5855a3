import Foundation
import Testbed
import Testing

@testable import SDKRelay

/// Real processes that really die, at every kill point of threats.md, and are started again.
@Suite("04 Kill points", .serialized, .timeLimit(.minutes(6)))
struct KillPointTests {
  /// Passed by whoever hands in a message: the process that runs `send`.
  static let submitting: [KillPoint] = [.bodyRead, .spoolWritten, .synced, .rowCommitted, .beforeReply]
  /// Passed by the sending node.
  static let sending: [KillPoint] = [
    .metadataFetched, .signed, .connected, .halfBodySent, .bodySent, .receiptRead, .receiptVerified, .stateCommitted,
  ]
  /// Passed by the receiving node.
  static let receiving: [KillPoint] = KillPoint.allCases.filter {
    !submitting.contains($0) && !sending.contains($0) && !CullingKillTests.points.contains($0) && $0 != .migrating
  }

  @Test("Q2, Q9: a node killed at any point loses nothing, delivers nothing twice and leaves nothing behind")
  func everyPoint() async throws {
    let field = try KillField()
    try await field.start(0)
    try await field.start(1)
    for point in Self.submitting { try await submit(field, dyingAt: point) }
    for point in Self.sending { try await deliver(field, killing: 0, at: point) }
    for point in Self.receiving { try await deliver(field, killing: 1, at: point) }
    try await field.stop(0)
    try await field.stop(1)
    try await field.expectNothingLeft()
  }

  /// A sender that dies while handing in: either the message was taken and arrives, or there is nothing of it.
  private func submit(_ field: KillField, dyingAt point: KillPoint) async throws {
    let subject = "submit-\(point.rawValue)"
    let draft = try field.draft(subject)
    let result = try await Sdkrelay.run(
      "send", "--config", field.federation.nodeA.settings.path, "--from", draft.sender.address.value,
      "--to", "\(draft.recipient.participant.value)/\(draft.recipient.address.value)", "--subject", subject,
      "--text", KillField.marker, "--attach", draft.attachments[0].file.path,
      environment: ["SDKRELAY_KILL": "\(point.rawValue):1"])
    #expect(result.exitCode == 128 + SIGKILL, "\(point) was not passed")
    let isTaken = [KillPoint.rowCommitted, .beforeReply].contains(point)
    guard let id = try field.messages(subject, on: 0).first?.id else {
      return #expect(!isTaken, "\(point): the message was committed and is gone")
    }
    #expect(isTaken, "\(point): the message was taken before its commit")
    #expect(try await field.isDelivered(id), "\(point): not delivered")
    try await field.expectExactlyOnce(id, subject, "\(point)")
  }

  /// A node that dies on the way: started again, without a hand, the message arrives once.
  private func deliver(_ field: KillField, killing victim: Int, at point: KillPoint) async throws {
    let subject = "kill-\(point.rawValue)"
    field.kill(victim)
    try await field.start(victim, killedAt: point)
    let id = try await field.relays[0].submit(field.draft(subject))
    let died = try await field.hasDied(victim)
    #expect(died, "\(point) was not passed")
    if !died { field.kill(victim) }
    try await field.start(victim)
    #expect(try await field.isDelivered(id), "\(point): not delivered")
    try await field.expectExactlyOnce(id, subject, "\(point)")
  }
}

/// How often to kill; 0 unless `script/test-slow` asks.
private let slowRounds = ProcessInfo.processInfo.environment["SDKRELAY_SLOW_ROUNDS"].flatMap { Int($0) } ?? 0

/// Kills at random moments, as long as one likes: `script/test-slow`.
@Suite("04 Random kills", .enabled(if: slowRounds > 0))
struct RandomKillTests {
  @Test("Q9: nodes killed at random moments lose nothing and deliver nothing twice")
  func random() async throws {
    let field = try KillField()
    try await field.start(0)
    try await field.start(1)
    var sent: [(MessageID, String)] = []
    for round in 0..<slowRounds {
      let subject = "random-\(round)"
      sent.append((try await field.relays[0].submit(field.draft(subject)), subject))
      try await Task.sleep(for: .milliseconds(.random(in: 0...400)))
      let victim = Int.random(in: 0...1)
      field.kill(victim)
      try await field.start(victim)
    }
    for (id, subject) in sent {
      #expect(try await field.isDelivered(id, within: .seconds(120)), "\(subject): not delivered")
      try await field.expectExactlyOnce(id, subject, "\(subject)")
    }
    try await field.stop(0)
    try await field.stop(1)
    try await field.expectNothingLeft()
  }
}
