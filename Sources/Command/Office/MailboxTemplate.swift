import ArgumentParser
import Foundation
import Mailbox
import SDKRelay

struct MailboxTemplate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "template", abstract: "Add, replace or remove a template for messages.",
    discussion: """
      Without identity numbers: a template is for everybody.

      Examples:
        sdkrelay mailbox template 0203:komvux.kommun.example.se/sdk:antagning Komplettering --as ansvarig-1 \\
          --subject "Begäran om komplettering" --text komplettering.txt --config node.yaml
        sdkrelay mailbox template 0203:komvux.kommun.example.se/sdk:antagning Komplettering --as ansvarig-1 --remove
      """)

  @OptionGroup var change: MailboxChange
  @Argument(help: "The template's name.")
  var name: String
  @Option(help: "The subject of messages that begin with it.")
  var subject: String?
  @Option(help: ArgumentHelp("A file with the text, in UTF-8.", valueName: "file"))
  var text: String?
  @Flag(help: "Remove the template.")
  var remove = false
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  func validate() throws {
    let isWhole = subject != nil && text != nil
    if isWhole == remove || !isWhole && (subject != nil || text != nil) {
      throw ValidationError("Give --subject and --text, or --remove.")
    }
  }

  func run() async throws {
    let template = try template()
    let name = name
    let configured = try await change.make(configurationFile) { settings in
      let place = settings.templates.firstIndex { $0.name.lowercased() == name.lowercased() }
      switch (template, place) {
      case (let template?, let place?): settings.templates[place] = template
      case (let template?, nil): settings.templates.append(template)
      case (nil, let place?): settings.templates.remove(at: place)
      case (nil, nil): throw CommandProblem.refused("there is no template \(name)")
      }
    }
    try output.result(configured) { MailboxText.lines(configured) }
  }

  private func template() throws -> MailboxSettings.Template? {
    guard let subject, let text else { return nil }
    let size = try NamedFile.size(text)
    guard size <= 200_000, let content = String(bytes: try Data(contentsOf: URL(filePath: text)), encoding: .utf8)
    else { throw CommandProblem.couldNotRun("\(text) is no text in UTF-8 of at most 200 kB") }
    let lines = content.replacing("\r\n", with: "\n").trimmingCharacters(in: .whitespacesAndNewlines)
    return MailboxSettings.Template(name: name, subject: subject, text: lines)
  }
}
