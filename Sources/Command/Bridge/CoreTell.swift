import ArgumentParser
import Foundation
import SDKRelay
import StructuredBridge

struct CoreTell: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tell", abstract: "Tell the structured core an event that is the municipality's to tell.",
    discussion: """
      The file is a JSON object: id, event (application, admission, interruption, change, result), occurred, and either case (a \
      case of the register, whose person and references are filled in) or person; besides caseID, caseNumber, ownReference \
      and course (name, code, form, start, end, extent, grade, reason). All of it is checked before anything leaves. The same \
      id again is the same event: told again, it is told once. The audit trail tells of it.

      Exit code 1: it was refused, here or there. 2: nobody knows whether it came; run the same command again.

      Example: sdkrelay core tell admission.json --organisation 0203:komvux.kommun.example.se --signature abc12 --config node.yaml
      """)

  @Argument(help: "The file, or - for standard input.")
  var file: String
  @OptionGroup var options: CoreCallOptions
  private static let limit = 100_000

  /// With `--json` exactly these fields.
  private struct Told: Encodable {
    /// Not there where it had been told before.
    let received: Date?
    let caseID: String?
  }

  func run() async throws {
    let bytes =
      try file == "-"
      ? NamedFile.read(STDIN_FILENO, named: "standard input", limit: Self.limit)
      : NamedFile.read(file, limit: Self.limit)
    let told = try await options.calling { bridge, tenant, user in
      try await bridge.tell(CoreReportDocument(bytes), of: tenant, as: user, by: commandOperator())
    }
    let view = Told(received: told?.received, caseID: told?.caseID)
    try options.output.result(view) {
      let received = view.received.map { "told, received \(localTime($0))" } ?? "told before"
      return received + (view.caseID.map { "  case \(printable($0))" } ?? "")
    }
  }
}

struct CoreNeeds: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "needs", abstract: "Ask the structured core for a person's needs of education, into the register.",
    discussion: """
      The person is named by a case's reference or by the node's pseudonym; a number is read from standard input, with - in \
      its place. The audit trail tells of it.

      Example: echo 191212121212 | sdkrelay core needs - --organisation 0203:komvux.kommun.example.se --config node.yaml
      """)

  @Argument(help: "A case's reference, a pseudonym, or - for a number on standard input.")
  var reference: String
  @OptionGroup var options: CoreCallOptions

  private struct Needs: Encodable { let needs: Int }

  func run() async throws {
    let text = try PersonReference.read(reference)
    let count = try await options.calling { bridge, tenant, user in
      try await bridge.askNeeds(ofPerson: text, of: tenant, as: user, by: commandOperator())
    }
    guard let count else { throw CommandProblem.refused("nobody is known by that in the organisation's register") }
    try options.output.result(Needs(needs: count)) { "\(count) needs of education, taken into the register" }
  }
}

struct CoreEstablishmentCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "establishment", abstract: "Ask whether a person takes part in the establishment programme (table 3).",
    discussion: """
      Only where the settings say that the question is exchanged (bridge.establishmentQuery). The person is named as for needs.

      Example: sdkrelay core establishment KOM-2026/12 --organisation 0203:komvux.kommun.example.se --config node.yaml
      """)

  @Argument(help: "A case's reference, a pseudonym, or - for a number on standard input.")
  var reference: String
  @OptionGroup var options: CoreCallOptions

  private struct Answer: Encodable {
    let participates: Bool
    let checked: Date
  }

  func run() async throws {
    let text = try PersonReference.read(reference)
    let found = try await options.calling { bridge, tenant, user in
      try await bridge.askEstablishment(ofPerson: text, of: tenant, as: user, by: commandOperator())
    }
    guard let found else { throw CommandProblem.refused("nobody is known by that in the organisation's register") }
    let answer = Answer(participates: found.participates, checked: found.checked)
    try options.output.result(answer) {
      "\(answer.participates ? "takes part" : "does not take part")  as of \(localTime(answer.checked))"
    }
  }
}

/// For which organisation, and on whose behalf, the structured core is called.
struct CoreCallOptions: ParsableArguments {
  @Option(help: "The organisation of this node.")
  var organisation: String
  @Option(help: ArgumentHelp("The caseworker's signature at the counterpart, for tracing.", valueName: "signature"))
  var signature: String?
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  func validate() throws {
    if let signature, CoreUser(signature: signature) == nil {
      throw ValidationError("--signature has 2 to 20 letters and digits, and is no identity number.")
    }
  }

  /// Tells what became of the call by the exit code.
  func calling<Value>(
    _ work: (Bridge, ParticipantID, CoreUser) async throws -> Value
  ) async throws -> Value {
    do {
      return try await work(
        configurationFile.bridge(), ParticipantID(organisation), signature.flatMap(CoreUser.init) ?? .system)
    } catch let problem as CoreProblem {
      guard problem.isTransient else { throw CommandProblem.refused("\(problem)") }
      throw CommandProblem.couldNotRun("\(problem); nobody knows whether it came: the same again does no harm")
    }
  }
}
