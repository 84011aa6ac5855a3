import ArgumentParser
import Mailbox
import SDKRelay
import StructuredBridge

struct MessagesDraft: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "draft", abstract: "Write, list, change, send and discard drafts, in the name of a user.",
    subcommands: [
      DraftList.self, DraftNew.self, DraftShow.self, DraftChange.self, DraftAttach.self, DraftSend.self,
      DraftDiscard.self,
    ], defaultSubcommand: DraftList.self)
}

struct DraftNew: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new", abstract: "Begin a draft in a mailbox.",
    discussion: """
      With several --to it is a distribution list: each mailbox gets a message of its own, all in one conversation.

      Example:
        sdkrelay messages draft new --as handlaggare-1 --from 0203:komvux.kommun.example.se/sdk:antagning \\
          --to 0203:af.example.se/sdk:utbildning --to 0203:af.example.se/sdk:etablering --subject "Kursstart" --text "…"
        sdkrelay messages draft new --as handlaggare-1 --from 0203:komvux.kommun.example.se/sdk:antagning \\
          --case KOM-2026/12 --text "Beslutet bifogas."
      """)

  @Option(help: ArgumentHelp("The sending mailbox.", valueName: "organisation/mailbox"))
  var from: String
  @Option(help: ArgumentHelp("A receiving mailbox; may be given several times.", valueName: "organisation/mailbox"))
  var to: [String] = []
  @Option(help: ArgumentHelp("A case that fills in recipient, subject and references.", valueName: "reference"))
  var `case`: String?
  @OptionGroup var letter: LetterOptions
  @OptionGroup var name: InTheNameOf

  func validate() throws {
    if `case` != nil, to.count > 1 { throw ValidationError("What is about a case has one recipient.") }
  }

  func run() async throws {
    let composing = try Composing(name)
    let mailbox = try MailboxID(from)
    var (content, recipients) = (try letter.content(), try to.map { try MailboxID($0) })
    if let reference = `case` {
      let filled = try await filled(reference, mailbox, recipients.first, content.kind, composing.user)
      if content.subject.isEmpty { content.subject = filled.subject }
      content.references = filled.references + content.references
      content.isConfidential = content.isConfidential || filled.isConfidential
      recipients = [MailboxID(filled.recipient.participant, filled.recipient.address)]
    }
    let draft = try await composing.service.newDraft(
      content, in: mailbox, to: recipients, by: composing.user, through: commandOperator())
    try await composing.finish(draft, letter, isKept: true)
  }

  private func filled(
    _ reference: String, _ mailbox: MailboxID, _ recipient: MailboxID?, _ kind: InformationKind, _ user: Principal
  ) async throws -> CaseLetter {
    var question = CaseLetterQuestion(reference, of: mailbox.participant)
    (question.kind, question.sender, question.recipient) = (kind, mailbox.address, recipient?.address)
    return try await name.configurationFile.bridge().letter(question, by: user, through: commandOperator())
  }
}

struct DraftList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the drafts that the user may work at, the newest first, without their texts.",
    discussion: """
      Examples:
        sdkrelay messages draft list --as handlaggare-1 --config node.yaml
        sdkrelay messages draft list --as handlaggare-1 --forgotten --json
      """)

  @Option(help: ArgumentHelp("Only this mailbox's drafts.", valueName: "organisation/mailbox"))
  var mailbox: String?
  @Option(help: ArgumentHelp("Only drafts that this user began.", valueName: "user"))
  var author: String?
  @Flag(help: "Only drafts that nobody has changed for as long as the settings say (drafts.forgottenAfter).")
  var forgotten = false
  @Option(help: ArgumentHelp("Drafts before this number: the last one of the page before.", valueName: "number"))
  var before: Int64?
  @Option(help: "At most so many.")
  var limit = 50
  @OptionGroup var name: InTheNameOf

  func validate() throws {
    if limit < 1 || limit > 1_000 { throw ValidationError("--limit is a number from 1 to 1000.") }
  }

  func run() async throws {
    var query = DraftQuery()
    query.mailbox = try mailbox.map { try MailboxID($0) }
    query.author = try author.map { try UserID($0) }
    (query.isForgotten, query.before, query.limit) = (forgotten, before, limit)
    let composing = try Composing(name)
    let service = composing.service
    let views = try service.drafts(query, for: composing.user).map { draft in
      var view = DraftView(draft, withText: false)
      view.forgotten = service.isForgotten(draft)
      return view
    }
    try composing.output.result(views) { views.isEmpty ? "No drafts." : DraftView.table(views).text }
  }
}

/// The draft a command is about.
struct ChosenDraft: ParsableArguments {
  @Argument(help: "The draft's id.")
  var id: String
  @Option(help: "Why, for the audit trail; one that passes on what is about a protected person opens not without.")
  var reason: String?

  func find(_ composing: Composing) async throws -> MessageDraft {
    try await composing.service.draft(
      messageID(id), reason: reason, by: composing.user, through: commandOperator())
  }
}

struct DraftShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a draft with its texts.",
    discussion: "Example: sdkrelay messages draft show 3f1c…-… --as handlaggare-1 --config node.yaml")

  @OptionGroup var draft: ChosenDraft
  @OptionGroup var name: InTheNameOf

  func run() async throws {
    let composing = try Composing(name)
    let view = DraftView(try await draft.find(composing))
    try composing.output.result(view) { view.text }
  }
}

struct DraftChange: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "change", abstract: "Change what a draft says, or whom it goes to.",
    discussion: """
      What is not given stays. --text replaces the draft's first text; what a forwarded message said stays behind it.

      Example:
        sdkrelay messages draft change 3f1c…-… --as handlaggare-1 --subject "Kursstart i höst" --config node.yaml
      """)

  @OptionGroup var draft: ChosenDraft
  @Option(help: ArgumentHelp("The receiving mailboxes, instead of the former.", valueName: "organisation/mailbox"))
  var to: [String] = []
  @Flag(help: "Take the mark of secrecy off.")
  var notConfidential = false
  @OptionGroup var letter: LetterOptions
  @OptionGroup var name: InTheNameOf

  func run() async throws {
    let composing = try Composing(name)
    let former = try await draft.find(composing)
    let given = try letter.content()
    var content = former.content
    if !given.subject.isEmpty { content.subject = given.subject }
    if let text = given.texts.first { content.texts = [text] + content.texts.dropFirst() }
    if !given.references.isEmpty { content.references = given.references }
    if given.kind != .other { content.kind = given.kind }
    content.isConfidential = (content.isConfidential || given.isConfidential) && !notConfidential
    let changed = try await composing.service.changeDraft(
      former.id, version: former.version, content: content,
      recipients: to.isEmpty ? nil : to.map { try MailboxID($0) }, by: composing.user, through: commandOperator())
    var last = changed
    for file in try letter.attachments() { last = try await composing.attach(file, to: last) }
    let view = DraftView(last)
    try composing.output.result(view) { view.text }
  }
}

struct DraftAttach: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attach", abstract: "Attach files to a draft, or take attachments off.",
    discussion: """
      Examples:
        sdkrelay messages draft attach 3f1c…-… beslut.pdf --as handlaggare-1 --config node.yaml
        sdkrelay messages draft attach 3f1c…-… --remove 2 --as handlaggare-1 --config node.yaml
      """)

  @OptionGroup var draft: ChosenDraft
  @Argument(help: "The files.")
  var files: [String] = []
  @Option(help: ArgumentHelp("The attachment to take off, by its number in the draft.", valueName: "number"))
  var remove: [Int] = []
  @OptionGroup var name: InTheNameOf

  func run() async throws {
    let composing = try Composing(name)
    var last = try await draft.find(composing)
    for number in remove {
      last = try await composing.service.detach(
        number, fromDraft: last.id, version: last.version, by: composing.user, through: commandOperator())
    }
    for file in try Letter(attach: files).attachments() { last = try await composing.attach(file, to: last) }
    let view = DraftView(last)
    try composing.output.result(view) { view.text }
  }
}

struct DraftSend: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "send", abstract: "Send a draft: one message for each of its recipients.",
    discussion: """
      Every recipient is asked about before the first message is taken. When the command breaks off between, sending the \
      draft again takes the rest, and no message twice. Exit code 1 where some were not taken; the draft then holds them.

      Example: sdkrelay messages draft send 3f1c…-… --as handlaggare-1 --config node.yaml
      """)

  @OptionGroup var draft: ChosenDraft
  @OptionGroup var attestation: AttestationOption
  @OptionGroup var name: InTheNameOf

  func run() async throws {
    let composing = try Composing(name)
    try await composing.send(try await draft.find(composing), attestation)
  }
}

struct DraftDiscard: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "discard", abstract: "Remove a draft and its attachments.",
    discussion: """
      What has been sent of it is sent.

      Example: sdkrelay messages draft discard 3f1c…-… --as handlaggare-1 --config node.yaml
      """)

  @OptionGroup var draft: ChosenDraft
  @OptionGroup var name: InTheNameOf

  private struct Discarded: Encodable {
    let discarded: String
  }

  func run() async throws {
    let composing = try Composing(name)
    let found = try await draft.find(composing)
    try await composing.service.discardDraft(
      found.id, version: found.version, by: composing.user, through: commandOperator())
    try composing.output.result(Discarded(discarded: found.id.value)) { "discarded \(found.id.value)" }
  }
}
