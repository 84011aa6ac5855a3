import ArgumentParser
import Foundation
import SDKRelay

struct Status: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show where a message is on its way, with every step and its time.",
    discussion: """
      Without --wait the exit code says only whether the message is known. With --wait it is 0 when the recipient has
      accepted the message (or it lies new in the mailbox), 1 when it was refused or failed, 2 when the time is up.

      Example: sdkrelay status 3f1c…-… --config node.yaml --wait 60
      """)

  @Argument(help: "The message's id.")
  var id: String
  @OptionGroup var configurationFile: ConfigurationFile
  @Option(help: ArgumentHelp("Wait so long for a final status.", valueName: "seconds"))
  var wait: Int?
  @OptionGroup var output: Output

  private struct Report: Encodable {
    let id: String
    let participant: String
    let direction: String
    let status: String
    let final: Bool
    let events: [TimelineEntry]
  }

  func run() async throws {
    let id = try messageID(id)
    let relay = try configurationFile.open()
    if let wait {
      return try await Follower(relay: relay, output: output).follow(id, for: .seconds(max(wait, 0)))
    }
    let reports = try relay.message(id).map { message in
      Report(
        id: message.id.value, participant: message.participant.value, direction: message.direction.rawValue,
        status: message.status.rawValue, final: message.status.isFinal,
        events: try relay.events(of: message).map(TimelineEntry.init))
    }
    guard !reports.isEmpty else { throw CommandProblem.couldNotRun("no message \(id.value) on this node") }
    if output.json { return try output.document(reports) }
    for report in reports {
      output.note("\(report.status)  \(report.id)  \(report.participant)  \(report.direction)")
      for event in report.events { output.note("  \(event.line)") }
    }
  }
}
