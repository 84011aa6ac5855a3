import Foundation
import Synchronization
import Testing

@testable import Mailbox
@testable import SDKRelay

@Suite("E-mail") struct MailTests {
  private let message = MailMessage(
    from: MailAddress("sdk@kommun.example.se")!, to: MailAddress("antagningen@kommun.example.se")!,
    subject: "Nya meddelanden: Antagningen för blivande undersköterskor i Åmål", body: "Hej\n.\nÅäö\n",
    id: "00000000-0000-4000-8000-000000000001", date: Date(timeIntervalSince1970: 1_780_000_000))

  private func send(_ server: MailServer, _ change: (inout SMTPSettings) -> Void = { _ in }) async throws {
    try await SMTPClient(settings: server.settings(change)).send(message)
  }

  @Test(
    "it goes in TLS, with the password, encoded, and marked as automatic", arguments: SMTPSettings.Security.allCases)
  func sent(_ security: SMTPSettings.Security) async throws {
    let server = try await MailServer(isImplicit: security == .tls)
    try await send(server) {
      $0.security = security; $0.login = ("sdk", "hemligt")
    }
    let mail = try #require(server.mails.withLock { $0 }.first)
    #expect(mail.sender == "MAIL FROM:<sdk@kommun.example.se>")
    #expect(mail.recipient == "RCPT TO:<antagningen@kommun.example.se>")
    #expect(mail.isSecure == (security != .none))
    #expect(mail.login == "\0sdk\0hemligt")
    #expect(mail.lines.allSatisfy { $0.utf8.count <= 78 && $0.utf8.allSatisfy { $0 < 0x7F } })
    #expect(mail.lines.contains("Auto-Submitted: auto-generated"))
    #expect(mail.lines.contains("Date: Thu, 28 May 2026 20:26:40 +0000"))
    #expect(mail.lines.contains("Message-ID: <00000000-0000-4000-8000-000000000001@kommun.example.se>"))
    let empty = try #require(mail.lines.firstIndex(of: ""))
    let body = try #require(Data(base64Encoded: mail.lines[empty...].joined()))
    #expect(String(decoding: body, as: UTF8.self) == "Hej\r\n.\r\nÅäö\r\n")
    try await server.stop()
  }

  @Test("a server without AUTH PLAIN gets AUTH LOGIN, and one without either nothing") func login() async throws {
    let server = try await MailServer(.init(mechanisms: "LOGIN"))
    try await send(server) { $0.login = ("sdk", "hemligt") }
    #expect(server.mails.withLock { $0.first?.login } == "sdk/hemligt")
    server.conduct.withLock { $0.mechanisms = "CRAM-MD5" }
    await #expect(throws: NotificationProblem.self) { try await send(server) { $0.login = ("sdk", "hemligt") } }
    try await server.stop()
  }

  @Test("neither password nor e-mail leaves where TLS is missing, foreign, or spoken into") func noTLS() async throws {
    var stranger = MailServer.Conduct()
    stranger.offersTLS = false
    var speaking = MailServer.Conduct()
    speaking.injected = "250-mail.example.se\r\n250 AUTH PLAIN\r\n"
    for (conduct, isTrusted) in [(stranger, true), (speaking, true), (.init(), false)] {
      let server = try await MailServer(conduct)
      await #expect(throws: NotificationProblem.self) {
        try await send(server) {
          $0.login = ("sdk", "hemligt")
          if !isTrusted { $0.authorities = .system }
        }
      }
      #expect(server.commands.withLock { $0.allSatisfy { ["EHLO", "STAR"].contains($0.text.prefix(4)) } })
      #expect(server.mails.withLock { $0.isEmpty })
      try await server.stop()
    }
  }

  @Test(
    "a refusal for good is told from one for now, without the server's words",
    arguments: [
      ("RCPT", "550 no such person anna@example.se", true), ("RCPT", "450 later", false),
      ("DATA", "554 no", true), ("DATA.", "552 too much", true), ("DATA.", "451 later", false),
      ("MAIL", "550 not you", false), ("CONNECT", "554 away", false), ("AUTH", "535 wrong", false),
      ("EHLO", "nonsense", false), ("EHLO", "250-\r\n251 x", false),
      ("EHLO", String(repeating: "x", count: 3_000), false),
    ])
  func refusals(_ command: String, _ answer: String, _ isFinal: Bool) async throws {
    let server = try await MailServer(.init(answers: [command: [answer]]))
    do {
      try await send(server) { $0.login = ("sdk", "hemligt") }
      Issue.record("sent")
    } catch {
      let problem = try #require(error as? NotificationProblem)
      #expect(problem.isFinal == isFinal)
      #expect(!problem.description.contains("@") && !problem.description.contains("hemligt"))
    }
    try await server.stop()
  }

  @Test("a server that hangs, or is not there, holds nobody up") func hangs() async throws {
    let server = try await MailServer(.init(hangsAt: "RCPT"))
    let start = ContinuousClock.now
    await #expect(throws: NotificationProblem("the mail server has not answered in time")) {
      try await send(server) { $0.totalTime = .milliseconds(200) }
    }
    try await server.stop()
    await #expect(throws: NotificationProblem.self) { try await send(server) }
    #expect(ContinuousClock.now - start < .seconds(5))
  }

  @Test("W8 a line that begins with a full stop does not end the e-mail") func fullStop() {
    let bytes = SMTPDialogue.content([".", "..", "a.", "QUIT"])
    #expect(String(decoding: bytes, as: UTF8.self) == "..\r\n...\r\na.\r\nQUIT\r\n.\r\n")
  }

  @Test("W8 nothing in a subject is a header") func subject() {
    let hostile = MailMessage(
      from: message.from, to: message.to,
      subject: "A\r\nBcc: b@example.se\r\n\r\nText" + String(repeating: "å", count: 90),
      body: "", id: "x", date: message.date)
    #expect(hostile.lines.allSatisfy { !$0.contains("\r") && !$0.contains("\n") && $0.utf8.count <= 78 })
    #expect(!hostile.lines.contains { $0.hasPrefix("Bcc") })
  }

  @Test(
    "W8 an address is nothing else",
    arguments: [
      "", "a", "@b.se", "a@", "a@b@c.se", "a b@c.se", "a@b.se\r\nRCPT TO:<x@y.se>", "<a@b.se>", "a@b.se>",
      "\"a b\"@c.se",
      "a..b@c.se", ".a@c.se", "å@c.se", "a@å.se", "a@-c.se", "a@c_d.se", "a@[127.0.0.1]", "191212121212@c.se",
      "http://larm.example.se/", "https://", "https://a:b@larm.example.se/", "https://larm.example.se/?a=1",
      "https://larm.example.se/#a", "https://larm.example.se/19121212-1212", "https://larm.example.se\\@x.se/",
      "https://[::1]/", "https://larm.example.se:0/", "https://larm.example.se:99999/", "https://larm.example.se/\n",
      "file:///etc/passwd", "https://larm example.se/", String(repeating: "a", count: 65) + "@c.se",
    ])
  func addresses(_ text: String) {
    #expect(NotificationAddress(text) == nil)
  }

  @Test("addresses that are right") func rightAddresses() throws {
    for text in ["a@b.se", "a.b+c@d-e.example.se", "https://larm.example.se", "https://LARM.example.se:8443/a/b"] {
      #expect(NotificationAddress(text) != nil, "\(text)")
    }
    #expect(WebhookAddress("https://LARM.example.se:8443/a")?.host == "larm.example.se")
  }
}
