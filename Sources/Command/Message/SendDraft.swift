import SDKRelay

extension Send {
  /// The draft that the options amount to.
  func draft(_ relay: Relay) async throws -> Draft {
    try Letter.check(subject, "--subject", maximum: 256)
    let letter = body.letter
    return try await Draft(
      from: MailboxAddress.own(from, in: relay), to: MailboxAddress.recipient(to), subject: subject,
      text: letter.messageText(limit: relay.settings.limits.outgoing), attachments: letter.attachments(),
      isConfidential: body.confidential, references: letter.references(), replyTo: replyTo.map { try messageID($0) })
  }
}
