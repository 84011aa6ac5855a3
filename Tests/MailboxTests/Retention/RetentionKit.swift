import Foundation
import GRDB
import Testing

@testable import Mailbox
@testable import SDKRelay

/// A node with a folder of rules, and the two persons it takes.
final class RetentionKit: Sendable {
  let kit: MessageKit
  let rules: URL
  static let now = MessageKit.now
  /// Long enough for the rules here.
  static let later = now + 40 * AccessKit.day
  let (planner, approver) = (Principal.user(try! UserID("planner")), Principal.user(try! UserID("approver")))

  init() throws {
    let rules = FileManager.default.temporaryDirectory.appending(path: "rules-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: rules, withIntermediateDirectories: true)
    self.rules = rules
    kit = try MessageKit { $0.retention = rules }
  }

  deinit { try? FileManager.default.removeItem(at: rules) }

  var service: MailboxService { kit.service }

  static func rule(
    id: String = "ringa", messages: String = "  state: cullable", trigger: String = "received",
    keep: String = "30 days", decision: String = "VUX 2026/1"
  ) -> String {
    """
    id: \(id)
    organisation: \(AccessKit.organisation.value)
    kind: Handlingar av ringa betydelse
    decision: \(decision)
    messages:
    \(messages)
    trigger: \(trigger)
    keep: \(keep)
    """
  }

  func write(_ text: String, as name: String = "ringa.yaml") throws {
    try Data(text.utf8).write(to: rules.appending(path: name))
  }

  /// Registrars of the mailbox who plan and approve; given again, more grants.
  func persons(_ kinds: [Grant.Kind] = [.role(.registrar)]) async throws {
    for name in ["planner", "approver"] { try await kit.user(name, kinds) }
  }

  /// A message that a registrar has marked as to be culled.
  @discardableResult
  func cullable(_ change: (inout MessageKit.Plan) -> Void = { _ in }) async throws -> StoredMessage {
    let message = try await kit.put(change)
    try await service.register(message.id, .cullable(rule: "ringa"), version: 0, by: planner, at: Self.now)
    return message
  }

  func plan(at now: Date = later) async throws -> RetentionPlanning {
    try await service.planRetention(by: planner, at: now)
  }

  /// A plan, approved.
  func approved(at now: Date = later) async throws -> RetentionPlan {
    let plan = try await plan(at: now).plan
    return try await service.approveRetention(plan.number, digest: plan.digest, by: approver, at: now)
  }

  func run(_ plan: RetentionPlan, at now: Date = later) async throws -> RetentionPlan {
    try await service.runRetention(plan.number, by: .operator("drift"), at: now)
  }

  func outcomes(_ plan: RetentionPlan) async throws -> [RetentionPlanRow.Outcome?] {
    try await service.retentionPlan(plan.number, for: .operator("drift"), at: Self.later).rows.map(\.outcome)
  }

  func stored(_ message: StoredMessage) throws -> StoredMessage {
    try #require(try service.relay.read { try MessageTable.fetch(message.row, in: $0) })
  }
}
