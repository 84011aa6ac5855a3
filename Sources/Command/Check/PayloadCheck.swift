import ArgumentParser
import SDKRelay
import XMLSecurity

struct PayloadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "payload", abstract: "Look at a message's payload (MessageWithAttachments 3).",
    subcommands: [PayloadCheck.self])
}

struct PayloadCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check a payload file by every rule of the schema and of the federation.",
    discussion: """
      Prints one line a problem: cause code (SV schema, BV business rule, SIG signature), detail code, XPath and text, \
      as they stand in a message receipt; or "valid". The content of the message is never printed.

      Examples:
        sdkrelay payload check message.xml
        sdkrelay payload check message.xml --outgoing --file-type image/png
      """)

  @OptionGroup var input: InputFile
  @Flag(help: "Hold the message to what this node asks of its own, which is more than it asks of others'.")
  var outgoing = false
  @Option(
    help: ArgumentHelp(
      "A media type of attachments that the recipient takes besides PDF, or */* for any; may be given several times.",
      valueName: "type"))
  var fileType: [String] = []
  @OptionGroup var output: Output

  func run() throws {
    var limits = outgoing ? PayloadLimits.outgoing : .incoming
    limits.allowedTypes = Set(fileType.map { $0.lowercased() })
    let reader = PayloadReader(limits: limits, direction: outgoing ? .outgoing : .incoming, store: NoAttachments())
    try input.read(into: reader)
    try ProblemReport(file: input.file, problems: reader.result().problems).print(to: output)
  }
}

extension PayloadReading {
  /// Everything that is wrong; empty for a valid message.
  var problems: [PayloadProblem] {
    switch self {
    case .valid: []
    case .invalid(let problems): problems
    case .unreadable(let problem):
      [PayloadProblem(rule: "xml", cause: .schema, detail: .structure, text: "\(problem)")]
    }
  }
}
