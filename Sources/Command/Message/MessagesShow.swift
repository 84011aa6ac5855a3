import ArgumentParser
import SDKRelay

struct MessagesShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a message: header, text and attachments.")

  @OptionGroup var message: ChosenMessage
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  func run() throws {
    let view = MessageView(try message.find(in: try configurationFile.open(), preferring: .incoming), withText: true)
    try output.result(view) { view.text }
  }
}
