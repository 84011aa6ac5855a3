import ArgumentParser
import Mailbox
import SDKRelay

struct MessagesReply: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reply", abstract: "Answer a received message, in the name of a user.",
    discussion: """
      The answer goes to the sender's mailbox, in the same conversation, and returns the sender's references. The \
      subject is the message's own unless another is given. With --draft it is kept as a draft and not sent.

      Examples:
        sdkrelay messages reply 3f1c…-… --as handlaggare-1 --text "Ansökan är mottagen." --config node.yaml
        sdkrelay messages reply 3f1c…-… --as handlaggare-1 --text-file svar.md --attach beslut.pdf --draft
      """)

  @Argument(help: "The message's id.")
  var id: String
  @Option(help: ArgumentHelp("The mailbox to answer to, if the sender has left it out.", valueName: "address"))
  var mailbox: String?
  @Flag(help: "Keep it as a draft.")
  var draft = false
  @OptionGroup var letter: LetterOptions
  @OptionGroup var attestation: AttestationOption
  @OptionGroup var name: InTheNameOf

  func run() async throws {
    let composing = try Composing(name)
    let draft = try await composing.service.newReply(
      to: messageID(id), letter.content(), mailbox: mailbox.map { try FunctionalAddress($0) }, by: composing.user,
      through: commandOperator())
    try await composing.finish(draft, letter, isKept: self.draft, attestation)
  }
}

struct MessagesSupplement: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "supplement", abstract: "Add to a message that was sent (komplettering), in the name of a user.",
    discussion: """
      It goes to the same mailbox, in the same conversation, and refers to the first of the messages. A message that \
      failed is not added to: the other side would refuse it.

      Example:
        sdkrelay messages supplement 3f1c…-… --as handlaggare-1 --text "Bilagan." --attach plan.pdf --config node.yaml
      """)

  @Argument(help: "The message's id.")
  var id: String
  @Flag(help: "Keep it as a draft.")
  var draft = false
  @OptionGroup var letter: LetterOptions
  @OptionGroup var attestation: AttestationOption
  @OptionGroup var name: InTheNameOf

  func run() async throws {
    let composing = try Composing(name)
    let draft = try await composing.service.newSupplement(
      to: messageID(id), letter.content(), by: composing.user, through: commandOperator())
    try await composing.finish(draft, letter, isKept: self.draft, attestation)
  }
}

struct MessagesForward: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forward", abstract: "Pass a message on to other mailboxes, in the name of a user.",
    discussion: """
      A new conversation, with the message's texts and attachments unless some are left out. One of the agreements must \
      let the mailbox write to each of the others. What was under secrecy stays so.

      Examples:
        sdkrelay messages forward 3f1c…-… --as handlaggare-1 --to 0203:af.example.se/sdk:utbildning --text "För kännedom."
        sdkrelay messages forward 3f1c…-… --as handlaggare-1 --to … --without-texts --file 1 --file 3
      """)

  @Argument(help: "The message's id.")
  var id: String
  @Option(help: ArgumentHelp("A receiving mailbox; may be given several times.", valueName: "organisation/mailbox"))
  var to: [String]
  @Option(help: "Why, for the audit trail; nothing about a protected person is passed on without. Never personal data.")
  var reason: String?
  @Flag(help: "Leave the message's texts out.")
  var withoutTexts = false
  @Flag(help: "Leave the message's attachments out.")
  var withoutFiles = false
  @Option(help: ArgumentHelp("Only this attachment, by its number; may be given several times.", valueName: "number"))
  var file: [Int] = []
  @Flag(help: "Keep it as a draft.")
  var draft = false
  @OptionGroup var letter: LetterOptions
  @OptionGroup var attestation: AttestationOption
  @OptionGroup var name: InTheNameOf

  func run() async throws {
    let composing = try Composing(name)
    let parts = ForwardedParts(includesTexts: !withoutTexts, files: withoutFiles ? [] : file.isEmpty ? nil : file)
    let draft = try await composing.service.newForward(
      of: messageID(id), parts, to: to.map { try MailboxID($0) }, letter.content(), reason: reason, by: composing.user,
      through: commandOperator())
    try await composing.finish(draft, letter, isKept: self.draft, attestation)
  }
}
