public import ArgumentParser
import Foundation
import SDKRelay
import StructuredBridge
public import Testbed

struct TestbedCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "testbed", abstract: "Services on this machine to try a node against.",
    subcommands: [TestbedCore.self, TestbedNavet.self])
}

extension TestCoreConduct: ExpressibleByArgument {}

struct TestbedCore: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "core",
    abstract: "Run a test service with the structured core's interface.",
    discussion: """
      Listens on 127.0.0.1 with mutual TLS, knows a few persons with published test numbers, and keeps everything in \
      memory. Into --folder it writes its authority, a client certificate and key, the password, and core.yaml: the \
      section core for a node's settings. What municipalities tell it is printed, with masked numbers. --conduct has \
      it misbehave.

      Examples:
        sdkrelay testbed core --folder core
        sdkrelay testbed core --folder core --port 8443 --participant 0203:komvux.kommun.example.se
        sdkrelay testbed core --folder core --conduct foreignData
      """)

  @Option(help: ArgumentHelp("Where keys, password and settings are written.", valueName: "dir"))
  var folder: String
  @Option(help: "The port; any that is free unless given.")
  var port = 0
  @Option(help: ArgumentHelp("The municipality's organisation number.", valueName: "number"))
  var organisation = TestCorePersons.municipality
  @Option(help: ArgumentHelp("The municipality, as messages know it.", valueName: "id"))
  var participant = "0203:komvux.kommun.example.se"
  @Option(help: ArgumentHelp("The counterpart, as messages know it.", valueName: "id"))
  var counterparty = "0203:arbetsformedlingen.example.se"
  @Option(help: "How it answers.")
  var conduct = TestCoreConduct.good
  @Flag(help: "Answer questions about residents and about the establishment programme.")
  var queries = false
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
    _ = (try ParticipantID(participant), try ParticipantID(counterparty))
    let keys = try TestCoreKeys(organisation: number.tenDigits)
    try keys.write(to: place)
    let isJSON = output.json
    let interruption = Interruption()
    let core = try await TestCore(
      keys: keys, organisations: [number.tenDigits], port: port, conduct: conduct, live: queries
    ) { told in Self.show(told, isJSON: isJSON) }
    let settings = place.appending(path: "core.yaml")
    try Data(section(core.url, number).utf8).write(to: settings)
    try output.result(View(url: core.url.absoluteString, settings: settings.path)) {
      "listening on \(core.url.absoluteString)\nsettings in \(settings.path); end with Ctrl-C"
    }
    while !interruption.happened { try await Task.sleep(for: .milliseconds(50)) }
    try await core.stop()
  }

  /// Settings with paths from the root, so that they can be put into any file.
  private func section(_ url: URL, _ number: OrganisationNumber) -> String {
    let root = URL(filePath: folder).standardizedFileURL.path
    return """
      core:
        url: \(url.absoluteString)
        counterparty: \(counterparty)
        organisation: \(number)
        certificate: \(root)/client.pem
        key: \(root)/client.key.pem
        trust: [\(root)/ca.pem]
        clientID: \(TestCoreKeys.clientID)
        secretFile: \(root)/secret
        systemID: sdk-relay
        environment: T2
        interval: 10 s
        tenants:
          - participant: \(participant)
            organisation: \(number)

      """
  }

  private static func show(_ told: JSONValue, isJSON: Bool) {
    let line = TestCoreLine(told)
    if isJSON { try? Output.document(line) } else { try? Output.line(printable(line.text)) }
  }
}
