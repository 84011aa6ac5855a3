import ArgumentParser
import Foundation
import Mailbox
import SDKRelay

struct MailboxSet: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "set", abstract: "Change a mailbox's settings, in the name of one of its administrators.",
    discussion: """
      Only what is named changes. Times are as 2026-06-01T08:00:00Z.

      Examples:
        sdkrelay mailbox set 0203:komvux.kommun.example.se/sdk:antagning --as ansvarig-1 --name Antagningen \\
          --notify antagningen@kommun.example.se --interval 30 --config node.yaml
        sdkrelay mailbox set 0203:komvux.kommun.example.se/sdk:antagning --as ansvarig-1 --forward sdk:rektor \\
          --forward-until 2026-08-10T00:00:00Z --no-handler --config node.yaml
      """)

  @OptionGroup var change: MailboxChange
  @Option(help: "The name that colleagues see; it stands in notifications too.")
  var name: String?
  @Flag(name: .customLong("no-name"), help: "Take the agreement's or the directory's name again.")
  var noName = false
  @Option(help: "An e-mail address or https address that is told of new messages; may be given several times.")
  var notify: [String] = []
  @Flag(name: .customLong("no-notify"), help: "Tell nobody.")
  var noNotify = false
  @Option(help: ArgumentHelp("The least time between two notifications; 0 takes the node's.", valueName: "minutes"))
  var interval: Int?
  @Option(help: "A text for colleagues while the mailbox is not read as usual. It is never sent.")
  var absence: String?
  @Option(name: .customLong("absence-from"), help: ArgumentHelp("Now unless given.", valueName: "time"))
  var absenceFrom: Moment?
  @Option(name: .customLong("absence-until"), help: ArgumentHelp("When the absence ends.", valueName: "time"))
  var absenceUntil: Moment?
  @Flag(name: .customLong("no-absence"), help: "Take the text away.")
  var noAbsence = false
  @Option(help: ArgumentHelp("Have what arrives handled in another mailbox of the organisation.", valueName: "mailbox"))
  var forward: String?
  @Option(name: .customLong("forward-from"), help: ArgumentHelp("Now unless given.", valueName: "time"))
  var forwardFrom: Moment?
  @Option(name: .customLong("forward-until"), help: ArgumentHelp("No end unless given.", valueName: "time"))
  var forwardUntil: Moment?
  @Flag(name: .customLong("no-forward"), help: "Handle what arrives in the mailbox itself again.")
  var noForward = false
  @Option(help: ArgumentHelp("Who works at each message from its arrival on.", valueName: "user"))
  var handler: String?
  @Flag(name: .customLong("no-handler"), help: "Give new messages to nobody.")
  var noHandler = false
  @Flag(
    inversion: .prefixedNo,
    help:
      "Whether users may open, for a reason, what is about protected persons and not for them; notifications tell of it."
  )
  var breakingGlass: Bool?
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  func validate() throws {
    let pairs: [(Bool, Bool, String)] = [
      (name != nil, noName, "name"), (!notify.isEmpty, noNotify, "notify"), (absence != nil, noAbsence, "absence"),
      (forward != nil, noForward, "forward"), (handler != nil, noHandler, "handler"),
    ]
    for (isSet, isTaken, option) in pairs where isSet && isTaken {
      throw ValidationError("Give either --\(option) or --no-\(option).")
    }
    if (absence == nil) != (absenceUntil == nil) || absence == nil && absenceFrom != nil {
      throw ValidationError("Give --absence and --absence-until together.")
    }
    if forward == nil && (forwardFrom != nil || forwardUntil != nil) {
      throw ValidationError("Give --forward with its times.")
    }
    if !pairs.contains(where: { $0.0 || $0.1 }) && interval == nil && breakingGlass == nil {
      throw ValidationError("Name what changes.")
    }
  }

  func run() async throws {
    let now = Date(timeIntervalSince1970: Date.now.timeIntervalSince1970.rounded(.down))
    let forwarding = try forward.map {
      MailboxSettings.Forwarding(
        to: try FunctionalAddress($0), from: forwardFrom?.date ?? now, until: forwardUntil?.date)
    }
    let absence = absence.flatMap { text in
      absenceUntil.map { MailboxSettings.Absence(text: text, from: absenceFrom?.date ?? now, until: $0.date) }
    }
    let configured = try await change.make(configurationFile) { [self] settings in
      if name != nil || noName { settings.name = name }
      if !notify.isEmpty || noNotify { settings.notifications = notify }
      if let interval { settings.notificationInterval = interval == 0 ? nil : interval }
      if absence != nil || noAbsence { settings.absence = absence }
      if forwarding != nil || noForward { settings.forwarding = forwarding }
      if handler != nil || noHandler { settings.defaultHandler = handler }
      if let breakingGlass { settings.allowsBreakingGlass = breakingGlass }
    }
    try output.result(configured) { MailboxText.lines(configured) }
  }
}
