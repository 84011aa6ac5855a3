import ArgumentParser
import Mailbox
import SDKRelay
import StructuredBridge

struct CasesMessages: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "messages", abstract: "List the messages that belong to a case, in the name of a user, newest first.",
    discussion: """
      Only those that the user may list. The case is called by its id or a reference.

      Example: sdkrelay cases messages KOM-2026/12 --as handlaggare-1 --config node.yaml
      """)

  @Argument(help: "The case's id or a reference. Never an identity number.")
  var reference: String
  @Option(help: ArgumentHelp("Whose case, where this node has several organisations.", valueName: "organisation"))
  var organisation: String?
  @Flag(help: "Also messages that the case is proposed for.")
  var proposed = false
  @Option(help: "At most so many.")
  var limit = 50
  @OptionGroup var name: InTheNameOf

  func validate() throws {
    if limit < 1 || limit > 500 { throw ValidationError("--limit is a number from 1 to 500.") }
  }

  func run() async throws {
    let links = try await name.configurationFile.bridge().messages(
      ofCase: PersonReference.read(reference), of: organisation.map { try ParticipantID($0) }, withProposed: proposed,
      limit: limit, for: name.principal(), through: commandOperator())
    let lines = links.map(LinkLine.init)
    try name.output.result(lines) { lines.isEmpty ? "No messages." : LinkLine.table(lines).text }
  }
}
