import ArgumentParser
import Foundation
import SDKRelay
import StructuredBridge
import XMLSecurity

struct CoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "core", abstract: "The structured exchange's interface at the counterpart.",
    subcommands: [CorePing.self, CoreTell.self, CoreNeeds.self, CoreEstablishmentCommand.self])
}

struct CorePing: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ping",
    abstract: "Ask the structured core whether it is there.",
    discussion: """
      Makes one call with the certificate and password of the section core, and prints version, times, when our \
      certificate ends, and how far the running node has followed each list. Exit code 0: it answers. 1: it refuses us. \
      2: there is no answer, or no section core.

      Examples:
        sdkrelay core ping --config node.yaml
        sdkrelay core ping --config node.yaml --json
      """)

  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  private struct List: Encodable {
    let organisation: String
    let list: String
    let moved: Date?
    let done: Bool
    let failingSince: Date?

    init(_ standing: CoreListStanding) {
      organisation = standing.tenant.value
      list = standing.list.rawValue
      moved = standing.moved
      done = standing.isDone
      failingSince = standing.failingSince
    }

    var line: String {
      let state = failingSince.map { "failing since \(localTime($0))" } ?? (done ? "done" : "followed")
      return "list          \(organisation)  \(list)  \(state)" + (moved.map { "  moved \(localTime($0))" } ?? "")
    }
  }

  /// What `--json` prints: exactly these fields.
  private struct Report: Encodable {
    let answers: Bool
    let url: String
    let environment: String
    let certificateEnds: Date
    var version: String?
    var time: Date?
    /// How far the two clocks are apart, in seconds.
    var clockDifference: Double?
    /// How long the answer took, in milliseconds.
    let milliseconds: Int
    var trackingId: String?
    var problem: String?
    /// How the running node last saw the interface: up, down, absent; nil where the node has no data yet.
    var interface: String?
    var lists: [List] = []
  }

  func run() async throws {
    let settings = try configurationFile.settings()
    let file = URL(filePath: configurationFile.path)
    guard let core = try BridgeSettings.read(file, federation: settings.federation).core else {
      throw CommandProblem.couldNotRun("\(configurationFile.path) has no section core")
    }
    let (report, problem) = try await ask(core)
    try output.result(report) { Self.text(report) }
    guard let problem else { return }
    switch problem.kind {
    case .connection, .tls, .timeout, .failing, .busy: throw CommandProblem.couldNotRun("\(problem)")
    default: throw CommandProblem.refused("\(problem)")
    }
  }

  private func ask(_ core: CoreSettings) async throws -> (Report, CoreProblem?) {
    var once = core
    once.attempts = 1
    let client = try CoreClient(once)
    let start = ContinuousClock.now
    let result: Result<CoreAnswer<CoreStanding>, CoreProblem>
    do throws(CoreProblem) {
      result = .success(try await client.ping(as: .system))
    } catch {
      result = .failure(error)
    }
    let took = (ContinuousClock.now - start) / .milliseconds(1)
    let answer = try? result.get()
    var report = Report(
      answers: answer != nil, url: core.url.absoluteString, environment: core.environment,
      certificateEnds: core.identity.certificate.notAfter, milliseconds: Int(took.rounded()))
    report.version = answer?.value.version
    report.time = answer?.value.time
    report.clockDifference = answer.map { $0.value.time.timeIntervalSinceNow.rounded() }
    report.trackingId = answer?.head.tracking.uuidString.lowercased()
    // A node that has never run has no data to look into.
    if let bridge = try? configurationFile.bridge() {
      report.lists = try bridge.coreLists().map(List.init)
      report.interface = try core.tenants.first.map { try bridge.interface(of: $0.participant).rawValue }
    }
    guard case .failure(let problem) = result else { return (report, nil) }
    report.problem = "\(problem)"
    return (report, problem)
  }

  private static func text(_ report: Report) -> String {
    var lines = [
      "core          \(printable(report.url))  \(report.environment)",
      "answers       \(report.answers ? "yes" : "no") in \(report.milliseconds) ms",
    ]
    if let version = report.version { lines.append("version       \(printable(version))") }
    if let time = report.time, let difference = report.clockDifference {
      lines.append("its time      \(localTime(time))  (\(Int(difference)) s from ours)")
    }
    let days = Int(report.certificateEnds.timeIntervalSinceNow / 86_400)
    lines.append(
      "certificate   ends \(localTime(report.certificateEnds))" + (days < 30 ? "  in \(days) days: renew it" : ""))
    if let interface = report.interface { lines.append("node saw it   \(interface)") }
    return (lines + report.lists.map(\.line)).joined(separator: "\n")
  }
}
