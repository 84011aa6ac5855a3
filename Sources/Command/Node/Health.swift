import ArgumentParser
import Foundation
import SDKRelay
import Service

struct Health: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Ask a running node whether it is ready for work.",
    discussion: """
      The settings must have a section `operations`, which says where the node answers. Exit code 0: ready, perhaps with \
      warnings. 1: not ready, and what fails stands in the list. 2: nobody answers.

      Example: sdkrelay health --config node.yaml
      """)

  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  func run() async throws {
    _ = try configurationFile.settings()
    guard let settings = try OperationsSettings.read(URL(filePath: configurationFile.path)) else {
      throw CommandProblem.couldNotRun("\(configurationFile.path) has no section operations: the node does not tell")
    }
    let host = ["0.0.0.0", "::"].contains(settings.host) ? "127.0.0.1" : settings.host
    let place = host.contains(":") ? "[\(host)]" : host
    let address = "http://\(place):\(settings.port)/health/ready"
    let answer = try await OwnQuestion.get(address, within: .seconds(10))
    guard [200, 503].contains(answer.status),
      let report = try? JSONDecoder().decode(HealthReport.self, from: Data(answer.body))
    else { throw CommandProblem.couldNotRun("\(address) does not answer as a node does") }
    try output.result(report) { Self.text(report) }
    if report.status == .fail { throw ExitCode(CommandProblem.refusedCode) }
  }

  private static func text(_ report: HealthReport) -> String {
    let rows = report.checks.map { [$0.status.rawValue, $0.name, printable($0.detail ?? "")] }
    let verdict = report.status == .fail ? "not ready" : "ready"
    return Table(header: [], rows: rows).text + "\n" + verdict
  }
}
