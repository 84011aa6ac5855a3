import Mailbox
import SDKRelay
import StructuredBridge

extension Send {
  /// The draft that the options amount to, with what the case fills in.
  func draft(_ bridge: Bridge) async throws -> Draft {
    if let subject { try Letter.check(subject, "--subject", maximum: 256) }
    let (relay, letter) = (bridge.mailbox.relay, body.letter)
    let filled = try await filled(bridge)
    let own = try await own(relay)
    guard let sender = own ?? filled?.sender,
      let recipient = try filled?.recipient ?? to.map(MailboxAddress.recipient),
      let subject = subject ?? filled?.subject
    else { throw CommandProblem.couldNotRun("a message needs --from, --to and --subject") }
    return try await Draft(
      from: sender, to: recipient, subject: subject, text: letter.messageText(limit: relay.settings.limits.outgoing),
      attachments: letter.attachments(), isConfidential: body.confidential || filled?.isConfidential == true,
      references: (filled?.references ?? []) + letter.references(), replyTo: replyTo.map { try messageID($0) })
  }

  private func filled(_ bridge: Bridge) async throws -> CaseLetter? {
    guard let reference = `case` else { return nil }
    let organisations = bridge.mailbox.relay.settings.participants.map(\.id)
    guard
      let tenant = try organisation.map({ try ParticipantID($0) })
        ?? (organisations.count == 1 ? organisations.first : nil)
    else {
      throw CommandProblem.couldNotRun("this node has several organisations: name one with --organisation")
    }
    var question = CaseLetterQuestion(reference, of: tenant)
    question.kind = body.kind
    question.sender = try await own(bridge.mailbox.relay)?.address
    question.recipient = try to.map { try MailboxAddress.recipient($0).address }
    return try await bridge.letter(question, by: user.principal(), through: user.through)
  }

  private func own(_ relay: Relay) async throws -> Draft.Mailbox? {
    guard let from else { return nil }
    return try await MailboxAddress.own(from, in: relay)
  }
}
