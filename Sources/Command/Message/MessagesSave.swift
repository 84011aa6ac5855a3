import ArgumentParser
import Foundation
import SDKRelay

struct MessagesSave: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "save", abstract: "Save a message's attachments as files.",
    discussion: """
      Files get a safe form of the names the sender gave them and never replace anything. Each is compared with the
      SHA-256 it had when it was received.

      Example: sdkrelay messages save 3f1c…-… --config node.yaml --out inbox
      """)

  @OptionGroup var message: ChosenMessage
  @OptionGroup var configurationFile: ConfigurationFile
  @Option(help: ArgumentHelp("The folder to save into.", valueName: "dir"))
  var out: String
  @OptionGroup var output: Output

  private struct Saved: Encodable {
    let path: String
    let name: String
    /// In bytes.
    let size: Int
    let sha256: String
  }

  func run() throws {
    let relay = try configurationFile.open()
    let message = try message.find(in: relay, preferring: .incoming)
    let folder = try SafeFolder(URL(filePath: out))
    let saved = try message.content.files.map { file in
      let url = try AttachmentCopy.make(of: relay.attachment(file, of: message), file, in: folder)
      return Saved(path: url.path, name: file.name, size: file.size, sha256: file.sha256)
    }
    try output.result(saved) {
      saved.isEmpty
        ? "The message has no attachments."
        : saved.map { "\(printable($0.path))  \(readableSize($0.size))" }.joined(separator: "\n")
    }
  }
}
