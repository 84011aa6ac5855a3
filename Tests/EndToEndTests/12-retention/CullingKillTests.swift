import Foundation
import GRDB
import Testbed
import Testing
import XMLSecurity

@testable import Mailbox
@testable import SDKRelay

/// Messages that two real nodes have exchanged, culled by the commands that people use, by a process that really dies.
@Suite("12 Retention", .serialized, .timeLimit(.minutes(4)))
struct CullingKillTests {
  /// Passed by whoever culls.
  static let points: [KillPoint] = [.contentErased, .erasureCommitted, .halfFilesErased]

  private let field: KillField
  private let config: [String]
  private let mailbox: String
  private static let count = 12

  init() throws {
    field = try KillField(furtherSettings: "retention: rules\n")
    let node = field.federation.nodeB
    config = ["--config", node.settings.path]
    let box = try #require(node.organisation.mailboxes.first)
    mailbox = "\(node.organisation.id)/\(box.address)"
    for node in field.federation.nodes {
      let rules = node.settings.deletingLastPathComponent().appending(path: "rules")
      try FileManager.default.createDirectory(at: rules, withIntermediateDirectories: true)
    }
    try write(decision: "VUX 2026/1")
  }

  private func write(decision: String) throws {
    let node = field.federation.nodeB
    let rule = """
      id: ringa
      organisation: \(node.organisation.id)
      kind: Handlingar av ringa betydelse
      decision: \(decision)
      messages:
        state: cullable
      trigger: received
      keep: 5 days
      """
    let file = node.settings.deletingLastPathComponent().appending(path: "rules/ringa.yaml")
    try Data(rule.utf8).write(to: file)
  }

  @discardableResult
  private func run(_ arguments: String..., killedAt point: String? = nil, code: Int32 = 0) async throws -> CommandResult
  {
    let result = try await Sdkrelay.run(
      arguments + config, environment: point.map { ["SDKRELAY_KILL": $0] } ?? [:])
    #expect(result.exitCode == code, "\(arguments.joined(separator: " ")): \(result.complaint)")
    return result
  }

  /// Messages received and receipted, and old.
  private func exchange() async throws -> [MessageID] {
    try await field.start(0)
    try await field.start(1)
    var ids: [MessageID] = []
    for number in 0..<Self.count { ids.append(try await field.relays[0].submit(field.draft("gallras-\(number)"))) }
    for id in ids { try #require(await field.isDelivered(id)) }
    try await field.stop(0)
    try await field.stop(1)
    try await field.relays[1].write { db in
      try db.execute(sql: "UPDATE message SET storedAt = storedAt - 10 * 86400000")
    }
    return ids
  }

  private func approvedPlan(_ ids: [MessageID]) async throws -> String {
    for name in ["anna", "bo"] {
      try await run(
        "user", "add", name, "--name", name, "--organisation", field.federation.nodeB.organisation.id)
      try await run("user", "grant", name, "registrar", "--mailbox", mailbox)
    }
    let nothing = try await run("retention", "plan", "--as", "anna", "--json").json()
    #expect(nothing["plan"] == nil && (nothing["rows"] as? [Any])?.isEmpty == true, "nothing due is no failure")
    for id in ids { try await run("register", "cullable", id.value, "--rule", "ringa", "--as", "anna") }
    let planned = try await run("retention", "plan", "--as", "anna", "--json").json()
    let plan = try #require(planned["plan"] as? [String: Any])
    #expect(plan["rows"] as? Int == Self.count)
    let again = try await run("retention", "plan", "--as", "anna", "--json").json()
    #expect(again["repeated"] as? Bool == true && (again["plan"] as? [String: Any])?["number"] as? Int == 1)
    let (number, digest) = ("\(try #require(plan["number"] as? Int))", try #require(plan["digest"] as? String))
    try await run("retention", "run", number, code: 1)
    try await run("retention", "approve", number, "--digest", digest, "--as", "anna", code: 1)
    try await run("retention", "approve", number, "--digest", digest, "--as", "bo")
    return number
  }

  @Test("Q9: a run killed at any point goes on where it was; nothing is culled twice, and all of it is gone in the end")
  func killed() async throws {
    let ids = try await exchange()
    let number = try await approvedPlan(ids)
    let relay = field.relays[1]
    func culled() throws -> Int { try relay.messages().filter { $0.content.culled != nil }.count }
    // In the middle of the first transaction: nothing has happened.
    try await run("retention", "run", number, killedAt: "contentErased:5", code: 128 + SIGKILL)
    #expect(try culled() == 0)
    // Committed, and no file removed yet.
    try await run("retention", "run", number, killedAt: "erasureCommitted:1", code: 128 + SIGKILL)
    #expect(try culled() == 10)
    // The rest is committed, and half of its files are there.
    try await run("retention", "run", number, killedAt: "halfFilesErased:1", code: 128 + SIGKILL)
    #expect(try culled() == Self.count)
    let done = try await run("retention", "run", number, "--json").json()
    #expect(done["culled"] as? Int == Self.count && done["left"] as? Int == 0)
    let log = try await run("retention", "log", "--json").output
    #expect(log.components(separatedBy: "\"number\"").count == Self.count + 1, "each stands in the log once")
    #expect(try await run("audit", "verify").exitCode == 0)
    try await expectNothingLeft(relay)
    try await expectShown(ids[0])
  }

  private func expectNothingLeft(_ relay: Relay) async throws {
    let janitor = Janitor(
      store: relay.store, participants: relay.settings.participants.map(\.id), duplicateWindow: .seconds(86_400),
      logger: relay.logger)
    // Files of the run that died are an hour old by then.
    try await janitor.sweep(now: Date().addingTimeInterval(7_200))
    let participant = try ParticipantID(field.federation.nodeB.organisation.id)
    #expect(try relay.store.layout.messages(participant).names() == [])
    #expect(try relay.store.layout.sealed(participant).names() == [])
    let files = FileManager.default.enumerator(at: relay.settings.data, includingPropertiesForKeys: nil)
    for case let file as URL in files ?? .init() {
      for text in [KillField.marker, "klartext", "gallras"] {
        let found = (try? Data(contentsOf: file))?.range(of: Data(text.utf8))
        #expect(found == nil, "\(text) in \(file.lastPathComponent)")
      }
    }
  }

  /// Lists, proof and register say what became of it.
  private func expectShown(_ id: MessageID) async throws {
    #expect(try await run("messages", "show", id.value).output.contains("culled under the rule ringa"))
    #expect(try await run("messages", "list").output.contains("(culled under the rule ringa"))
    #expect(try await run("register", "list", "--state", "culled", "--as", "anna").lines.count == Self.count + 1)
    #expect(try await run("messages", "search", "gallras", "--as", "anna").output.contains("No messages."))
    let folder = try TemporaryFolder()
    let bundle = folder.url.appending(path: "bevis.asice").path
    try await run("evidence", "export", id.value, "--out", bundle)
    let authorities = field.relays[1].settings
    let trust = try folder.file(
      "ca.pem",
      String(
        decoding: (authorities.envelopes.authorities + authorities.accessPoint.trust.authorities).flatMap(\.pem),
        as: UTF8.self))
    let verified = try await Sdkrelay.run("evidence", "verify", bundle, "--trust", trust.path)
    #expect(verified.lines.last == "proven that it was exchanged; its content has been culled")
    #expect(verified.output.contains("ok  message receipt: message-receipt/envelope.xml: "))
    #expect(verified.exitCode == 0, "\(verified.output)")
    #expect(verified.output.contains("culled under the rule ringa"))
    #expect(verified.output.contains("message/envelope.xml"), "what is missing is named")
    let zip = try ZipReader(bundle)
    let readme = try #require(zip.entry(BundleLayout.readme))
    #expect(
      String(decoding: try zip.bytes(of: readme, limit: 1 << 16), as: UTF8.self).contains("GALLRAT enligt regeln"))
  }
}
