import ArgumentParser
import Foundation
import Mailbox
import SDKRelay

struct RegisterHandOver: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hand-over", abstract: "Hand a message over to a case system, and verify that it has all of it.",
    discussion: """
      The SHA-256 sums are the receiver's own, of what it has: docs/records.md says over which bytes. They are compared \
      with what is here; only if all are the same the message counts as handed over. With --dnr an unregistered message \
      is registered.

      Example:
        sdkrelay register hand-over ID --system arendesystemet --dnr KOM-2026/12 --content SHA256 --file SHA256 \\
          --as handlaggare-1 --config node.yaml
      """)

  @OptionGroup var message: RegisteredMessage
  @Option(help: "The case system's name.")
  var system: String
  @Option(help: "The registration number (diarienummer) there.")
  var dnr: String?
  @Option(help: ArgumentHelp("Of the whole readable content.", valueName: "sha256"))
  var content: String
  @Option(help: ArgumentHelp("Of each attachment, in order; as often as there are any.", valueName: "sha256"))
  var file: [String] = []
  @OptionGroup var user: ActingUser
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  func run() async throws {
    let service = try configurationFile.service()
    let principal = try user.principal()
    try await service.handOver(
      messageID(message.id), direction: message.messageDirection(),
      receipt: HandOverReceipt(system: system, dnr: dnr, content: content, files: file), by: principal,
      through: commandOperator())
    let view = RegisterView(try await message.line(service, principal))
    try output.result(view) { view.text }
  }
}
