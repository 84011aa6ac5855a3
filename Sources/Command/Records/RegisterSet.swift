import ArgumentParser
import Foundation
import Mailbox
import SDKRelay

struct RegisterSet: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "set", abstract: "Register a message, or correct what the register says of it.",
    discussion: """
      Date, counterparty and matter are those of the message unless given; the dnr is that of our own references or of \
      the same conversation. A correction needs a reason, and leaves as it was what is not given. --secret-counterparty and --secret-matter leave these facts \
      out of what is shown to the public (`register list --public`).

      Examples:
        sdkrelay register set ID --dnr KOM-2026/12 --as registrator-1 --config node.yaml
        sdkrelay register set ID --dnr KOM-2026/12 --matter "Fråga om studier" --secret-matter \\
          --provision "26 kap. 1 § OSL" --as registrator-1 --config node.yaml
      """)

  @OptionGroup var message: RegisteredMessage
  @Option(help: "The registration number (diarienummer).")
  var dnr: String?
  @Option(help: ArgumentHelp("When it came or was sent.", valueName: "time"))
  var date: Moment?
  @Option(help: "Who it came from or went to.")
  var counterparty: String?
  @Option(help: "What it is about, in short.")
  var matter: String?
  @Flag(inversion: .prefixedNo, help: "Leave the counterparty out of what the public is shown.")
  var secretCounterparty: Bool?
  @Flag(inversion: .prefixedNo, help: "Leave the matter out of what the public is shown.")
  var secretMatter: Bool?
  @Option(help: "A provision on secrecy that may apply; may be given several times.")
  var provision: [String] = []
  @Option(help: "More about the secrecy.")
  var note: String?
  @Flag(help: "Take the note of secrecy off.")
  var noSecrecy = false
  @Option(help: "Why, for the register's history. Never personal data.")
  var reason: String?
  @OptionGroup var user: ActingUser
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  func run() async throws {
    try await message.change(configurationFile, user, reason: reason, output) { line in
      .register(try facts(line), try secrecy(line))
    }
  }

  /// What is registered already stays where nothing else is given.
  private func facts(_ line: RegisterLine) throws -> RegisterFacts {
    let former = line.entry.facts
    return try line.proposal.facts(
      date: date?.date ?? former?.date, dnr: dnr ?? former?.dnr, counterparty: counterparty ?? former?.counterparty,
      matter: matter ?? former?.matter,
      isCounterpartySecret: secretCounterparty ?? former?.isCounterpartySecret ?? false,
      isMatterSecret: secretMatter ?? former?.isMatterSecret)
  }

  private func secrecy(_ line: RegisterLine) throws -> SecrecyNote? {
    guard !provision.isEmpty || note != nil else { return noSecrecy ? nil : line.entry.secrecy }
    return try SecrecyNote(provisions: provision, date: Day(containing: .now), by: user.user, note: note)
  }
}
