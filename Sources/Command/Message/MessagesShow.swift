import ArgumentParser
import SDKRelay

struct MessagesShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a message: header, text and attachments.",
    discussion: """
      A message that was refused is shown with the reasons of the recipient's receipt: cause code, detail code, place \
      and text.

      Example: sdkrelay messages show 3f1c…-… --config node.yaml
      """)

  @OptionGroup var message: ChosenMessage
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  func run() throws {
    let relay = try configurationFile.open()
    let message = try message.find(in: relay, preferring: .incoming)
    var view = MessageView(message, withText: true)
    view.reasons = try relay.reasons(of: message)
    try output.result(view) { view.text }
  }
}
