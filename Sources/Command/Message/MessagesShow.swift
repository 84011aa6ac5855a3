import ArgumentParser
import Mailbox
import SDKRelay

struct MessagesShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a message: header, text, attachments and which signed proof there is.",
    discussion: """
      A message that was refused is shown with the reasons of the recipient's receipt: cause code, detail code, place \
      and text. What stands under "Signed proof" is written into files by `messages save --evidence`.

      Example: sdkrelay messages show 3f1c…-… --config node.yaml
      """)

  @OptionGroup var message: ChosenMessage
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  func run() throws {
    let service = try configurationFile.service()
    let relay = service.relay
    let message = try message.find(in: relay, preferring: .incoming)
    var view = MessageView(message, withText: true)
    view.reasons = try relay.reasons(of: message)
    view.evidence = try relay.evidence(of: message).map(EvidenceView.init)
    view.agreement = try service.agreement(of: message).map(MessageView.Agreed.init)
    try output.result(view) { view.text }
  }
}
