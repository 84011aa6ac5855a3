import Foundation
import GRDB
import HTTPTypes
import Logging
import Synchronization
import Testing

@testable import Mailbox
@testable import SDKRelay
@testable import Service
@testable import StructuredBridge

/// Words and a number that must come out nowhere.
@Suite("A protected person's message, through every way out of the node") struct CanaryTests {
  private static let (canary, file) = ("kanariefågel", "kanariefil.pdf")

  /// Keeps every line, of whatever level, with its metadata.
  private final class Lines: Sendable {
    let all = Mutex<[String]>([])
    var text: String { all.withLock { $0.joined(separator: "\n") } }
    var logger: Logger { Logger(label: "canary") { _ in Handler(lines: self) } }
  }

  private struct Handler: LogHandler {
    let lines: Lines
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      lines.all.withLock { $0.append("\(event.message) \(event.metadata ?? [:]) \(metadata)") }
    }
  }

  private let lines: Lines
  private let kit: RelayKit
  private let person: PersonIdentityNumber

  init() async throws {
    let lines = Lines()
    self.lines = lines
    kit = try await RelayKit(bridge: { $0.isInUse = true }, logger: lines.logger)
    let number = String(KnownTestNumbers.publishedPersonnummer.prefix { !$0.isWhitespace })
    guard case .person(let person) = try IdentityReading(number, at: .now) else { preconditionFailure("published") }
    self.person = person
    let event = ObservedEvent(
      tenant: RelayKit.organisation, counterparty: RelayKit.counterparty, person: person, kind: .needOfEducation,
      occurred: .now - 60, reference: UUID().uuidString,
      caseReferences: [CaseReference(.caseNumber, of: .own, "KOM-2026/77")!], source: .core)
    let protection = Protection([.secrecyMark], source: .populationRegister, checked: .now - 30)
    let facts: [StructuredFact] = [
      .eventObserved(event),
      .protectionChanged(ProtectionObservation(tenant: RelayKit.organisation, person: person, protection: protection)),
    ]
    for result in try await kit.bridge.take(facts) { _ = try result.get() }
    try await kit.service.relay.write { db in
      var settings = MailboxSettings()
      (settings.allowsBreakingGlass, settings.notifications) = (true, ["chef@kommun.example.se"])
      try MailboxSettingsTable.keep(
        ConfiguredMailbox(
          organisation: RelayKit.organisation, mailbox: RelayKit.mailbox.address, version: 1, changed: .now,
          changedBy: "user u9", settings: settings), at: .now, by: "user u9", in: db)
    }
  }

  private func deliver() async throws -> StoredMessage {
    let reference = person.reference!
    return try await kit.deliver {
      ($0.marker, $0.fileName) = (Self.canary, Self.file)
      $0.references = [Draft.Reference(root: reference.root, value: reference.extension)]
    }
  }

  private func isClean(_ text: String) -> Bool {
    let secrets = [Self.canary, Self.file, person.whole, String(person.whole.dropFirst(2)), "KOM-2026/77"]
    return !secrets.contains { text.range(of: $0, options: .caseInsensitive) != nil }
  }

  /// What somebody who works in the mailbox is shown, whom the message is not for.
  private func shown(_ token: String) async throws -> [(String, RelayKit.Answer)] {
    var answers: [(String, RelayKit.Answer)] = []
    for path in [
      "principal", "mailboxes", "events?limit=500", "conversations", "conversations?unhandled=true", "grants", "links",
      "cases/events?limit=500", "messages/concealed",
    ] { answers.append((path, try await kit.ask("GET", "/relay/v1/\(path)", token: token))) }
    for words in [nil, Self.canary, "kanariefil", person.whole, "KOM-2026/77", "fråga"] as [String?] {
      let question: [String: Any] = words.map { ["words": $0] } ?? ["limit": 500]
      answers.append(
        (words ?? "all", try await kit.ask("POST", "/relay/v1/messages/search", token: token, json: question)))
    }
    return answers
  }

  @Test("nothing of it comes out of lists, words, counts, news, notifications, logs, figures, events or the trail")
  func everywhere() async throws {
    let token = try await kit.user("u1")
    let message = try await deliver()
    for (name, answer) in try await shown(token) {
      #expect(answer.status == 200 && isClean(answer.text), "\(name) \(answer.text)")
      let isThere = answer.text.contains(message.id.value)
      #expect(isThere == (name == "messages/concealed"), "\(name) \(answer.text)")
    }
    let concealed = try await kit.ask("GET", "/relay/v1/messages/concealed", token: token)
    #expect(concealed.list("messages").map { $0["subject"] as? String } == ["Skyddad uppgift"])
    let path = "/relay/v1/messages/\(message.id.value)"
    for rest in ["", "/attachments/1", "/receipts", "/handling", "/link"] {
      let refused = try await kit.ask("GET", path + rest, token: token)
      #expect(refused.status == 404 && isClean(refused.text), "\(rest)")
    }
    let closed = try await kit.ask("POST", path + "/openings", token: token, json: ["reason": "nyfiken"])
    #expect(closed.status == 403 && isClean(closed.text))
    let broken = try await kit.ask(
      "POST", path + "/openings", token: token, json: ["reason": "akut", "breakGlass": true])
    #expect(broken.status == 200 && broken.json["glassBroken"] as? Bool == true)
    let read = try await kit.ask("GET", path, token: token)
    #expect(read.status == 200 && read.text.contains(Self.canary))
    for (name, answer) in try await shown(token) { #expect(isClean(answer.text), "after the glass: \(name)") }
    try await expectCleanNode(message)
  }

  /// What the node itself says of it, to whoever runs or watches it.
  private func expectCleanNode(_ message: StoredMessage) async throws {
    let probe = OperationsProbe(kit.service, service: nil)
    #expect(isClean(await probe.metrics()))
    #expect(isClean("\(await probe.report())"))
    let events = try kit.service.relay.events(of: message)
    #expect(isClean("\(events)"))
    let trail = try await kit.service.searchAudit(AuditFilter(), by: .operator("drift"))
    #expect(!trail.isEmpty && isClean("\(trail)"))
    let waiting = try kit.service.relay.read { try NotificationTable.due(at: .now, in: $0) }
    #expect(waiting.count == 1 && isClean("\(waiting)"))
    let text = NotificationText(name: "Antagningen", reasons: Set(NotificationReason.allCases), link: nil)
    #expect(
      isClean(text.subject + text.body + String(decoding: try WebhookEvent(waiting[0], at: .now).json, as: UTF8.self)))
    #expect(try kit.bridge.caseNews(after: 0, limit: 100, of: RelayKit.organisation).news.isEmpty)
    #expect(isClean(lines.text))
  }

  @Test("and nothing of it lies in the database in plain but the case number, by which the register finds the case")
  func atRest() async throws {
    _ = try await deliver()
    let found = try kit.service.relay.read { db in
      var found: [String] = []
      let tables = try String.fetchAll(db, sql: "SELECT name FROM sqlite_master WHERE type = 'table'")
      for table in tables where !table.hasPrefix("sqlite_") && !table.contains("messageSearch") {
        for row in try Row.fetchAll(db, sql: "SELECT * FROM \(table)") {
          for (column, value) in row {
            let text = (value.storage.value as? Data).map { String(decoding: $0, as: UTF8.self) } ?? "\(value)"
            if !isClean(text) { found.append("\(table).\(column)") }
          }
        }
      }
      return Set(found)
    }
    #expect(found == ["caseReference.comparable", "caseReference.value"], "\(found.sorted())")
  }
}
