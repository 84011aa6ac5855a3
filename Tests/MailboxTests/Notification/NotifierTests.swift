import Foundation
import GRDB
import Logging
import NIOHTTP1
import Synchronization
import Testing
import XMLSecurity

@testable import Mailbox
@testable import SDKRelay

@Suite("Notifications") struct NotifierTests {
  /// A node whose mailbox tells an e-mail address and a webhook, with a clock that is set by hand.
  private final class Field: Sendable {
    let kit: OfficeKit
    let mail: MailServer
    let webhook: WebhookServer
    let notifier: Notifier

    init(_ conduct: MailServer.Conduct = .init(), _ statuses: [Int?] = [], patience: Duration = .seconds(5))
      async throws
    {
      mail = try await MailServer(conduct)
      webhook = try await WebhookServer(statuses)
      var settings = NotificationSettings()
      settings.mail = try mail.settings { $0.totalTime = patience }
      settings.webhooks = [try webhook.host { $0.totalTime = patience }]
      settings.link = URL(string: "https://sdk.kommun.example.se")
      kit = try await OfficeKit(notifications: settings)
      let address = webhook.address
      try await kit.configure {
        $0.notifications = ["antagningen@kommun.example.se", address]
        $0.name = "Intaget"
      }
      notifier = Notifier(
        relay: kit.service.relay, settings: settings, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Looks once at a time so many seconds after the beginning.
    func look(after seconds: TimeInterval = 0) async {
      var notifier = notifier
      notifier.now = { OfficeKit.now + seconds }
      await notifier.round()
    }

    func deliver(after seconds: TimeInterval = 0) async throws {
      try await kit.messages.deliver {
        $0.stored = OfficeKit.now + seconds
        $0.subject = "Ansökan från Tolvan Tolvansson 19121212-1212"
        $0.text = "Hemlig adress"
        $0.file = "intyg.pdf"
      }
    }

    var mails: [MailServer.Mail] { mail.mails.withLock { $0 } }
    var alarms: [String] {
      get throws {
        try kit.service.relay.read { try String.fetchAll($0, sql: "SELECT text FROM event WHERE isAlarm") }
      }
    }
    var waiting: Int {
      get throws {
        try kit.service.relay.read {
          try Int.fetchOne($0, sql: "SELECT count(*) FROM notification WHERE since IS NOT NULL") ?? 0
        }
      }
    }

    func stop() async throws {
      try await mail.stop()
      try await webhook.stop()
    }
  }

  /// An e-mail with its encoded parts in clear.
  private func clear(_ mail: MailServer.Mail) throws -> String {
    let empty = try #require(mail.lines.firstIndex(of: ""))
    let body = try #require(Data(base64Encoded: mail.lines[empty...].joined()))
    let words = mail.lines[..<empty].joined(separator: "\n").matches(of: /=\?utf-8\?B\?([^?]*)\?=/)
      .compactMap { Data(base64Encoded: String($0.output.1)) }
    return mail.lines[..<empty].joined(separator: "\n") + words.map { String(decoding: $0, as: UTF8.self) }.joined()
      + String(decoding: body, as: UTF8.self)
  }

  @Test("W10 it has nothing of a message, and says the same of one, of several, and of a protected person's")
  func contentFree() async throws {
    let field = try await Field()
    try await field.deliver()
    await field.look()
    for _ in 0..<3 { try await field.deliver(after: 1) }
    let protected = try await field.kit.messages.deliver()
    try await field.kit.messages.protect(protected)
    await field.look(after: 1_000)
    let texts = try field.mails.map(clear)
    #expect(texts.count == 2)
    for text in texts {
      #expect(text.contains("Nya meddelanden: Intaget") && text.contains("https://sdk.kommun.example.se"))
      for secret in ["Tolvan", "1912", "Hemlig", "intyg", "Motparten", "motpart", "registrator", "skydd", "0203:"] {
        #expect(!text.contains(secret), "\(secret)")
      }
    }
    func varying(_ text: String) -> String { text.replacing(/(Message-ID|Date): [^\n]*/, with: "") }
    #expect(varying(texts[0]) == varying(texts[1]))
    for request in field.webhook.requests {
      let object = try #require(try JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any])
      #expect(Set(object.keys) == ["events", "id", "mailbox", "organisation", "time"])
      #expect(object["events"] as? [String] == ["newMessage"] && object["mailbox"] as? String == "sdk:antagning")
    }
    try await field.stop()
  }

  @Test("at most one an interval goes to each address, and none is lost for that") func interval() async throws {
    let field = try await Field()
    try await field.deliver()
    await field.look()
    try await field.deliver(after: 10)
    for seconds in [10.0, 60, 899] { await field.look(after: seconds) }
    #expect(field.mails.count == 1 && field.webhook.requests.count == 1)
    await field.look(after: 901)
    #expect(field.mails.count == 2 && field.webhook.requests.count == 2)
    await field.look(after: 9_000)
    #expect(field.mails.count == 2)
    try await field.kit.configure { $0.notificationInterval = 60 }
    try await field.deliver(after: 9_000)
    await field.look(after: 2_000)
    #expect(field.mails.count == 2, "a clock set back tells of nothing before it comes")
    await field.look(after: 9_001)
    #expect(field.mails.count == 3)
    try await field.stop()
  }

  @Test("what is refused for now is tried again later and later, with the same id") func retries() async throws {
    let field = try await Field(.init(answers: ["RCPT": ["450 later", "450 later"]]), [503, 302])
    try await field.deliver()
    await field.look()
    await field.look(after: 59)
    #expect(field.mails.isEmpty && field.webhook.requests.count == 1)
    await field.look(after: 61)
    await field.look(after: 61 + 119)
    #expect(field.mails.isEmpty)
    await field.look(after: 61 + 121)
    #expect(field.mails.count == 1)
    // A redirect is an answer like any other, and ends it.
    #expect(field.webhook.requests.count == 2)
    #expect(field.webhook.requests[0].body.count == field.webhook.requests[1].body.count)
    let ids = try field.webhook.requests.map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.body)) as? [String: Any])["id"] as? String
    }
    #expect(ids[0] == ids[1] && ids[0] != nil)
    #expect(try field.alarms.count == 1 && field.alarms[0].contains("webhook") && field.alarms[0].contains("302"))
    #expect(try field.waiting == 0)
    try await field.stop()
  }

  @Test("what is refused for good, or for a day, is given up with an alarm that names no address") func givenUp()
    async throws
  {
    let field = try await Field(.init(answers: ["RCPT": ["550 no", "450 later"]]))
    try await field.deliver()
    await field.look()
    #expect(try field.alarms.count == 1 && field.waiting == 0)
    try await field.deliver(after: 1_000)
    await field.look(after: 1_000 + 86_401)
    #expect(try field.alarms.count == 2 && field.waiting == 0)
    #expect(try field.alarms.allSatisfy { !$0.contains("@") && $0.contains("sdk:antagning") })
    try await field.deliver(after: 200_000)
    await field.look(after: 200_000)
    #expect(field.mails.count == 1)
    try await field.stop()
  }

  @Test("a receiver that hangs keeps no other waiting") func hangs() async throws {
    let field = try await Field(.init(hangsAt: "DATA"), [nil], patience: .seconds(1))
    try await field.deliver()
    await field.look()
    #expect(try field.waiting == 2 && field.webhook.requests.count == 1)
    field.mail.conduct.withLock { $0.hangsAt = nil }
    await field.look(after: 61)
    #expect(try field.mails.count == 1 && field.webhook.requests.count == 2 && field.waiting == 0)
    try await field.stop()
  }

  @Test("it is there if and only if the message is, and a crash before the record sends it again, with its id")
  func durable() async throws {
    let field = try await Field()
    struct Failure: Error {}
    await #expect(throws: Failure.self) {
      try await field.kit.service.relay.write { db in
        try MailboxService.notify(OfficeKit.mailbox, .newMessage, at: OfficeKit.now, in: db)
        throw Failure()
      }
    }
    #expect(try field.waiting == 0)
    try await field.deliver()
    let before = try await field.kit.service.relay.write { db in
      try Row.fetchAll(db, sql: "SELECT id, since, address FROM notification").map { row in
        (id: row["id"] as String, since: row["since"] as Int64, address: row["address"] as String)
      }
    }
    await field.look()
    // The database as it was had the process died between the server's answer and the record of it.
    try await field.kit.service.relay.write { db in
      for row in before {
        try db.execute(
          sql: "UPDATE notification SET id = ?, since = ?, lastAt = NULL WHERE address = ?",
          arguments: [row.id, row.since, row.address])
      }
    }
    await field.look()
    #expect(field.mails.count == 2)
    let ids = field.mails.map { $0.lines.first { $0.hasPrefix("Message-ID") } }
    #expect(ids[0] == ids[1])
    try await field.stop()
  }

  @Test("nobody is told who has been taken out, nor of a mailbox without addresses; what has failed is told of")
  func whom() async throws {
    let field = try await Field()
    try await field.deliver()
    try await field.kit.messages.deliver { $0.mailbox = OfficeKit.neighbour }
    try await field.kit.configure { $0.notifications.removeLast() }
    await field.look()
    #expect(try field.mails.count == 1 && field.webhook.requests.isEmpty && field.waiting == 0)
    try await field.kit.service.relay.write { db in
      try MailboxService.notify(OfficeKit.mailbox, .deliveryFailed, at: OfficeKit.now, in: db)
      try MailboxService.notify(OfficeKit.neighbour, .deliveryFailed, at: OfficeKit.now, in: db)
    }
    await field.look(after: 1_000)
    #expect(try clear(field.mails[1]).contains("har inte kunnat levereras"))
    try await field.stop()
  }

  @Test("a webhook is signed over its time and body, and goes to hosts of the settings only") func signature()
    async throws
  {
    let field = try await Field()
    try await field.deliver()
    await field.look()
    let request = try #require(field.webhook.requests.first)
    let time = try #require(request.head.headers.first(name: "SDKRelay-Timestamp"))
    #expect(time == "1780000000")
    let value = hmacSHA256(key: WebhookServer.secret, Array("\(time).".utf8) + request.body)
    let expected = value.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    #expect(request.head.headers.first(name: "SDKRelay-Signature") == "v1=\(expected)")
    #expect(request.head.headers.first(name: "Content-Type") == "application/json")
    for other in ["https://localhost:1/larm", "https://127.0.0.1:\(field.webhook.port)/", "https://example.se/"] {
      await #expect(throws: MailboxProblem.self) { try await field.kit.configure { $0.notifications = [other] } }
    }
    try await field.stop()
  }
}
