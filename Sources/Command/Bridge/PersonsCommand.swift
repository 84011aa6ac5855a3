import ArgumentParser
import Foundation
import Mailbox
import SDKRelay
import StructuredBridge

struct PersonsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "persons",
    abstract: "How the node counts persons, and who may see what is about those who are protected.",
    subcommands: [PersonsProtection.self, PersonsAccess.self])
}

struct PersonsProtection: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "protection", abstract: "Say how a person counts, by which answer of the population register.",
    discussion: """
      The person is named by a case's reference or by the node's pseudonym; a number is read from standard input, with - in \
      its place, since what stands in a command others on the machine can read. Unknown to the register, or an answer older \
      than its limit, counts as protected. The audit trail tells that it was asked.

      Examples:
        sdkrelay persons protection KOM-2026/12 --organisation 0203:komvux.kommun.example.se --config node.yaml
        echo 191212121212 | sdkrelay persons protection - --organisation 0203:komvux.kommun.example.se
      """)

  @Argument(help: "A case's reference, a pseudonym, or - for a number on standard input.")
  var reference: String
  @Option(help: "The organisation of this node whose register is asked.")
  var organisation: String
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  /// With `--json` exactly these fields.
  private struct View: Encodable {
    let person: String
    let standing: String
    let sekretessmarkering: Bool
    let skyddadFolkbokforing: Bool
    let source: String?
    let checked: Date?
    let holdsUntil: Date?
    let numberChangePending: Bool
  }

  func run() async throws {
    let text = try PersonReference.read(reference)
    let tenant = try ParticipantID(organisation)
    let found = try await configurationFile.bridge().protection(of: text, in: tenant, by: commandOperator())
    guard let found else { throw CommandProblem.refused("nobody is known by that in the organisation's register") }
    let marks = found.protection?.marks ?? []
    let view = View(
      person: found.id.value, standing: found.standing.word, sekretessmarkering: marks.contains(.secrecyMark),
      skyddadFolkbokforing: marks.contains(.protectedRegistration), source: found.protection?.source.rawValue,
      checked: found.protection?.checked, holdsUntil: found.holdsUntil, numberChangePending: found.isChanging)
    try output.result(view) { Self.text(view) }
  }

  private static func text(_ view: View) -> String {
    var table = Table(header: [])
    table.rows = [
      ["Person", view.person],
      ["Counts as", view.standing == "unprotected" ? "not protected" : "PROTECTED (\(view.standing))"],
      ["Sekretessmarkering", view.sekretessmarkering ? "JA" : "NEJ"],
      ["Skyddad folkbokföring", view.skyddadFolkbokforing ? "JA" : "NEJ"],
      ["Asked", view.checked.map { "\(localTime($0)) (\(view.source ?? ""))" } ?? "never"],
      ["Holds until", view.holdsUntil.map(localTime) ?? "–"],
    ]
    if view.numberChangePending { table.rows.append(["Number", "a change has been asked for"]) }
    return table.text
  }
}
