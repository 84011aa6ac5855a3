import Foundation

/// The client's side of SMTP for one e-mail: each reply gives what to do next. It knows neither network nor clock.
///
/// The password and the e-mail leave only where the connection is in TLS, or where the settings say that it needs none.
struct SMTPDialogue: Sendable {
  enum Action: Hashable, Sendable {
    case send([UInt8])
    /// Begin TLS, then send.
    case secure([UInt8])
    /// The server has taken the e-mail; these bytes take leave.
    case finish([UInt8])
  }

  private enum Step: Sendable {
    case greeting, hello, startTLS, plain, loginUser, loginPassword, sender, recipient, data, content
  }

  private let security: SMTPSettings.Security
  private let login: (user: String, password: String)?
  private let message: MailMessage
  private var step = Step.greeting
  private var isSecured = false

  init(_ settings: SMTPSettings, _ message: MailMessage) {
    security = settings.security
    login = settings.login
    self.message = message
  }

  mutating func take(_ reply: SMTPReply) throws(NotificationProblem) -> Action {
    switch step {
    case .greeting:
      try expect(reply, 220, as: "greeting")
      return next(.hello, hello)
    case .hello:
      try expect(reply, 250, as: "EHLO")
      return try greeted(reply)
    case .startTLS:
      try expect(reply, 220, as: "STARTTLS")
      isSecured = true
      step = .hello
      return .secure(Self.line(hello))
    case .loginUser:
      try expect(reply, 334, as: "AUTH")
      return next(.loginPassword, Self.encoded(login?.user ?? ""))
    case .loginPassword:
      try expect(reply, 334, as: "AUTH")
      return next(.plain, Self.encoded(login?.password ?? ""))
    case .plain:
      try expect(reply, 235, as: "AUTH")
      return next(.sender, "MAIL FROM:<\(message.from)>")
    case .sender:
      try expect(reply, 250, as: "MAIL")
      return next(.recipient, "RCPT TO:<\(message.to)>")
    case .recipient:
      try expect(reply, 250, 251, as: "RCPT", isAboutThis: true)
      return next(.data, "DATA")
    case .data:
      try expect(reply, 354, as: "DATA", isAboutThis: true)
      step = .content
      return .send(Self.content(message.lines))
    case .content:
      try expect(reply, 250, as: "the content", isAboutThis: true)
      return .finish(Self.line("QUIT"))
    }
  }

  private var hello: String { "EHLO \(message.from.domain)" }

  private mutating func next(_ step: Step, _ command: String) -> Action {
    self.step = step
    return .send(Self.line(command))
  }

  private mutating func greeted(_ reply: SMTPReply) throws(NotificationProblem) -> Action {
    if security == .startTLS && !isSecured {
      // Without it nothing leaves: whoever is in between may have taken the word out.
      guard reply.extensions["STARTTLS"] != nil else {
        throw NotificationProblem("the mail server offers no STARTTLS")
      }
      return next(.startTLS, "STARTTLS")
    }
    guard let login else { return next(.sender, "MAIL FROM:<\(message.from)>") }
    let ways = reply.extensions["AUTH"] ?? []
    if ways.contains("PLAIN") {
      return next(.plain, "AUTH PLAIN \(Self.encoded("\0\(login.user)\0\(login.password)"))")
    }
    guard ways.contains("LOGIN") else {
      throw NotificationProblem("the mail server offers neither AUTH PLAIN nor AUTH LOGIN")
    }
    return next(.loginUser, "AUTH LOGIN")
  }

  /// - Parameter isAboutThis: whether a refusal for good is about this e-mail, and not about how the server is set up.
  private func expect(
    _ reply: SMTPReply, _ codes: Int..., as what: String, isAboutThis: Bool = false
  ) throws(NotificationProblem) {
    guard codes.contains(reply.code) else {
      throw NotificationProblem(
        "the mail server answers \(what) with \(reply.code)", isFinal: isAboutThis && reply.code >= 500)
    }
  }

  private static func encoded(_ text: String) -> String { Data(text.utf8).base64EncodedString() }

  private static func line(_ text: String) -> [UInt8] { Array("\(text)\r\n".utf8) }

  /// The e-mail and its end. A line that begins with a full stop gets another (RFC 5321 §4.5.2).
  static func content(_ lines: [String]) -> [UInt8] {
    lines.flatMap { line($0.hasPrefix(".") ? ".\($0)" : $0) } + line(".")
  }
}
