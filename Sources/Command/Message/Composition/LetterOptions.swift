import ArgumentParser
import Mailbox
import SDKRelay
import XMLSecurity

/// What a message says besides its subject, as options.
struct BodyOptions: ParsableArguments {
  @Option(help: "The text, in Markdown.")
  var text: String?
  @Option(help: ArgumentHelp("A file with the text, or - for standard input.", valueName: "file"))
  var textFile: String?
  @Option(help: ArgumentHelp("A file to attach; may be given several times.", valueName: "file"))
  var attach: [String] = []
  @Flag(help: "Mark the message as covered by secrecy (sekretess).")
  var confidential = false
  @Option(
    help: ArgumentHelp(
      "A reference of the sender's, such as dnr=KOM-2026/1234; may be given several times.", valueName: "root=extension"
    ))
  var reference: [String] = []
  @Option(
    help: ArgumentHelp(
      "What the message is about, in the words of the agreement between the two organisations.", valueName: "kind"))
  var kind = InformationKind.other

  func validate() throws {
    if text != nil, textFile != nil { throw ValidationError("Give either --text or --text-file, not both.") }
  }

  var letter: Letter { Letter(text: text, textFile: textFile, attach: attach, reference: reference) }
}

/// That an identity number may leave, as an option.
struct AttestationOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Why the identity number of a person who counts as protected may leave (skadeprövning); the audit trail keeps it.",
      valueName: "assessment"))
  var attest: String?

  func validate() throws {
    if let attest, Attestation(attest) == nil { throw ValidationError("--attest has 10 to 500 characters.") }
  }

  var attestation: Attestation? { attest.flatMap(Attestation.init) }
}

/// What a message says, as options.
struct LetterOptions: ParsableArguments {
  @Option(help: "The subject, at most 256 characters. Never personal data.")
  var subject: String?
  @OptionGroup var body: BodyOptions

  /// The draft's content; the attachments follow with ``attach(to:in:)``.
  func content() throws -> DraftContent {
    if let subject { try Letter.check(subject, "--subject", maximum: 256) }
    return DraftContent(
      subject: subject ?? "", texts: try body.letter.messageText(limit: 2_000_000).map { [$0] } ?? [],
      references: try body.letter.references(), isConfidential: body.confidential, kind: body.kind)
  }

  func attachments() throws -> [Draft.Attachment] { try body.letter.attachments() }
}

/// Makes a draft of options, and sends it unless it is only to be kept.
struct Composing {
  let service: MailboxService
  let user: Principal
  let output: Output

  init(_ name: InTheNameOf) throws {
    service = try name.configurationFile.service()
    user = try name.principal()
    output = name.output
  }

  /// - Parameter isKept: whether it stays a draft.
  func finish(
    _ draft: MessageDraft, _ letter: LetterOptions, isKept: Bool, _ attestation: AttestationOption? = nil
  ) async throws {
    var draft = draft
    do {
      for file in try letter.attachments() { draft = try await attach(file, to: draft) }
      guard !isKept else {
        let view = DraftView(draft)
        return try output.result(view) { view.text }
      }
      try await send(draft, attestation)
    } catch  where !(error is ExitCode) {
      // The command did not do what it was asked: nothing of it stays. What has been sent of a draft is sent.
      let last = try? service.drafts(for: user).first { $0.id == draft.id }
      if let last, !last.isBeingSent {
        try? await service.discardDraft(last.id, version: last.version, by: user, through: commandOperator())
      }
      throw error
    }
  }

  func attach(_ file: Draft.Attachment, to draft: MessageDraft) async throws -> MessageDraft {
    try await service.attach(
      file.name, contentType: file.contentType, toDraft: draft.id, version: draft.version, by: user,
      through: commandOperator()
    ) { try readFile(file.file, into: $0) }
  }

  func send(_ draft: MessageDraft, _ attestation: AttestationOption? = nil) async throws {
    let sending = try await service.sendDraft(
      draft.id, version: draft.version, attestation: attestation?.attestation, by: user, through: commandOperator())
    let sent = sending.recipients.map(SentView.init)
    try output.result(sent) { sent.map(\.line).joined(separator: "\n") }
    if !sending.isComplete { throw ExitCode(CommandProblem.refusedCode) }
  }
}

/// What became of a recipient's message: with `--json` exactly these fields.
struct SentView: Encodable {
  let mailbox: String
  let id: String
  /// SCHEDULED; nothing where it was not taken.
  let status: String?
  let problem: String?

  init(_ outcome: DraftSending.Outcome) {
    mailbox = outcome.mailbox.description
    id = outcome.messageID.value
    status = outcome.problem == nil ? MessageStatus.scheduled.rawValue : nil
    problem = outcome.problem
  }

  var line: String {
    status.map { "\($0)  \(id)  \(printable(mailbox))" }
      ?? "not sent  \(printable(mailbox)): \(printable(problem ?? ""))"
  }
}
