import ArgumentParser
import SDKRelay

struct Ping: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Send an AS4 test message to an organisation's access point.",
    discussion: """
      The access point answers with a signed receipt and hands nothing on to the organisation. Shows that address, TLS,
      certificates and p-mode fit together.

      Example: sdkrelay ping 0203:kommun.example.se --config node.yaml
      """)

  @Argument(help: "The organisation's participant id.")
  var organisation: String
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  private struct Result: Encodable {
    let organisation: String
    let answered: Bool
    let milliseconds: Int?
    let reason: String?
  }

  func run() async throws {
    let participant = try ParticipantID(organisation)
    switch try await configurationFile.open().ping(participant) {
    case .receipt(let time):
      let milliseconds = Int(time / .milliseconds(1))
      let result = Result(organisation: participant.value, answered: true, milliseconds: milliseconds, reason: nil)
      try output.result(result) { "\(participant.value) answered with a valid receipt after \(milliseconds) ms" }
    case .refused(let reason):
      try fail(participant, reason, .refused("\(participant.value) refused: \(reason)"))
    case .noAnswer(let reason):
      try fail(participant, reason, .couldNotRun("\(participant.value) did not answer: \(reason)"))
    }
  }

  private func fail(_ participant: ParticipantID, _ reason: String, _ problem: CommandProblem) throws {
    if output.json {
      try Output.document(Result(organisation: participant.value, answered: false, milliseconds: nil, reason: reason))
    }
    throw problem
  }
}
