import ArgumentParser
import Mailbox
import SDKRelay

struct MessagesShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a message: header, text, attachments and which signed proof there is.",
    discussion: """
      A message that was refused is shown with the reasons of the recipient's receipt: cause code, detail code, place \
      and text. What stands under "Signed proof" is written into files by `messages save --evidence`.

      The audit trail tells of it. With --as a message is shown that the user may read. Without, what is about a \
      protected person is shown only with --reason.

      Examples:
        sdkrelay messages show 3f1c…-… --config node.yaml
        sdkrelay messages show 3f1c…-… --as handlaggare-1 --config node.yaml
      """)

  @OptionGroup var message: ChosenMessage
  @OptionGroup var options: ReaderOptions
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  func run() async throws {
    let service = try configurationFile.service()
    let relay = service.relay
    let message = try await message.read(.content, in: service, for: options.reader())
    var view = MessageView(message, withText: true)
    view.reasons = try relay.reasons(of: message)
    view.evidence = try relay.evidence(of: message).map(EvidenceView.init)
    view.agreement = try service.agreement(of: message).map(MessageView.Agreed.init)
    try output.result(view) { view.text }
  }
}
