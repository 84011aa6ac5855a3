import ArgumentParser
import SDKRelay

struct EnvelopeInspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show an envelope's header and how it is signed and encrypted; nobody is believed, nothing decrypted.",
    discussion: """
      The form is checked, and whether the signature fits; what is shown is what somebody wrote, whoever that was.

      Example: sdkrelay envelope inspect message.xhe
      """)

  @OptionGroup var input: InputFile
  @OptionGroup var output: Output

  func run() throws {
    do {
      let view = try input.watched { EnvelopeView(try input.envelope($0).summary()) }
      try output.result(view) { view.text }
    } catch let problem as EnvelopeProblem {
      try Verdict(file: input.file, valid: false, reason: problem.description).print(to: output)
    }
  }
}
