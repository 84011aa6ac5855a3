public import ArgumentParser
import Foundation
import SDKRelay
import StructuredBridge
public import Testbed

extension TestNavetConduct: ExpressibleByArgument {}

struct TestbedNavet: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "navet",
    abstract: "Run a test service that answers as the population register's (Navet).",
    discussion: """
      Listens on 127.0.0.1 with mutual TLS. Whom it knows stands in a file with the lines of the register's own file \
      (nummer;sekretessmarkering;skyddadFolkbokforing;kontrollerad; docs/bridge.md). Into --folder it writes its authority, a client \
      certificate and key, and navet.yaml: what belongs into the section bridge of a node's settings. --conduct has it misbehave.

      Example: sdkrelay testbed navet --folder navet --persons skyddade.csv --participant 0203:komvux.kommun.example.se
      """)

  @Option(help: ArgumentHelp("Where keys and settings are written.", valueName: "dir"))
  var folder: String
  @Option(help: ArgumentHelp("Whom it knows.", valueName: "file"))
  var persons: String
  @Option(help: "The port; any that is free unless given.")
  var port = 0
  @Option(help: ArgumentHelp("The municipality's organisation number.", valueName: "number"))
  var organisation = TestCorePersons.municipality
  @Option(help: ArgumentHelp("The municipality, as messages know it.", valueName: "id"))
  var participant = "0203:komvux.kommun.example.se"
  @Option(help: "How it answers.")
  var conduct = TestNavetConduct.good
  @OptionGroup var output: Output

  /// What `--json` prints when it listens.
  private struct View: Encodable {
    let url: String
    let settings: String
  }

  func run() async throws {
    let place = URL(filePath: folder)
    guard let number = OrganisationNumber(organisation) else {
      throw CommandProblem.couldNotRun("--organisation is no organisation's number")
    }
    _ = try ParticipantID(participant)
    let known = try PopulationRegisterFile(file: URL(filePath: persons)).persons()
    let keys = try TestCoreKeys(organisation: number.tenDigits)
    try keys.write(to: place)
    let interruption = Interruption()
    let navet = try await TestNavet(
      keys: keys,
      persons: known.mapValues { ($0.marks.contains(.secrecyMark), $0.marks.contains(.protectedRegistration)) },
      port: port, conduct: conduct)
    let settings = place.appending(path: "navet.yaml")
    try Data(section(navet.url, number).utf8).write(to: settings)
    try output.result(View(url: navet.url.absoluteString, settings: settings.path)) {
      "listening on \(navet.url.absoluteString)\nsettings in \(settings.path); end with Ctrl-C"
    }
    while !interruption.happened { try await Task.sleep(for: .milliseconds(50)) }
    try await navet.stop()
  }

  /// Settings with paths from the root, so that they can be put into any file.
  private func section(_ url: URL, _ number: OrganisationNumber) -> String {
    let root = URL(filePath: folder).standardizedFileURL.path
    return """
      bridge:
        populationRegister:
          navet:
            url: \(url.absoluteString)
            certificate: \(root)/client.pem
            key: \(root)/client.key.pem
            trust: [\(root)/ca.pem]
            orders:
              - organisation: \(participant)
                organisationNumber: \(number)
                order: 00000001-FO01-0001

      """
  }
}
