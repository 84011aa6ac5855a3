import Foundation
import SDKRelay

/// How a node is doing, for `status` without an id; with `--json` exactly these fields.
struct NodeState: Encodable {
  struct Waiting: Encodable {
    let organisation: String
    let count: Int
    /// How many of them are at work now.
    let running: Int
    let since: Date
    let next: Date
    /// What was in the way the last time.
    let problem: String?
  }

  struct Alarm: Encodable {
    let number: Int64
    let time: Date
    let participant: String?
    let message: String?
    let text: String
  }

  struct Disk: Encodable {
    /// In bytes.
    let free: Int?
    /// Below so many bytes nothing new is taken.
    let reserve: Int
  }

  let running: Bool
  let participants: [String]
  /// Messages by status; statuses without any are left out.
  let messages: [String: Int]
  let queued: Int
  let working: Int
  let toSend: [Waiting]
  let toOpen: [Waiting]
  let setAside: Int
  let alarms: [Alarm]
  let disk: Disk

  init(_ relay: Relay, now: Date) throws {
    let status = try relay.status()
    running = status.isServed
    participants = relay.settings.participants.map(\.id.value)
    messages = Dictionary(uniqueKeysWithValues: status.messages.map { ($0.rawValue, $1) })
    queued = status.queued
    working = status.running
    toSend = status.toSend.map(Waiting.init)
    toOpen = status.toOpen.map(Waiting.init)
    setAside = status.setAside
    alarms = status.alarms.map(Alarm.init)
    disk = Disk(free: status.freeBytes, reserve: relay.settings.limits.reserve)
  }
}

extension NodeState.Waiting {
  init(_ backlog: RelayStatus.Backlog) {
    organisation = backlog.organisation.value
    count = backlog.count
    running = backlog.running
    since = backlog.since
    next = backlog.next
    problem = backlog.problem
  }
}

extension NodeState.Alarm {
  init(_ event: RelayEvent) {
    number = event.number
    time = event.time
    participant = event.participant?.value
    message = event.messageID?.value
    text = event.text
  }
}

extension NodeState {
  /// The state for a person: what is well in a few lines, what is not as tables.
  var text: String {
    var head = Table(header: [])
    head.rows.append(["Node", running ? "runs" : "does not run: nothing is sent or received until `sdkrelay serve`"])
    for participant in participants { head.rows.append(["Organisation", participant]) }
    head.rows.append(["Disk", diskText])
    head.rows.append(["Work", "\(queued) waiting, \(working) at work, \(setAside) set aside"])
    for status in MessageStatus.allCases {
      if let count = messages[status.rawValue] { head.rows.append([status.rawValue, "\(count)"]) }
    }
    var parts = [head.text]
    parts += section("Waiting to be sent, by recipient", Self.table(toSend))
    parts += section("Received and waiting to be opened", Self.table(toOpen))
    if setAside > 0 { parts.append("Set aside: `sdkrelay aside list` shows why.") }
    let lines = alarms.map { alarm in
      ["  \(localTime(alarm.time))", alarm.participant ?? "", alarm.message ?? "", printable(alarm.text)]
    }
    parts += section("Alarms of the last day", Table(header: [], rows: lines))
    return parts.joined(separator: "\n\n")
  }

  private var diskText: String {
    let free = disk.free.map { "\(readableSize($0)) free" } ?? "nobody knows how much is free"
    let isShort = disk.free.map { $0 <= disk.reserve } ?? true
    return "\(free); nothing new is taken below \(readableSize(disk.reserve))\(isShort ? ": NOW" : "")"
  }

  private func section(_ title: String, _ table: Table) -> [String] {
    table.rows.isEmpty ? [] : ["\(title):\n\(table.text)"]
  }

  private static func table(_ waiting: [Waiting]) -> Table {
    Table(
      header: ["  ORGANISATION", "COUNT", "SINCE", "NEXT", "PROBLEM"],
      rows: waiting.map { entry in
        let next = entry.running == entry.count ? "now" : localTime(entry.next)
        return [
          "  \(entry.organisation)", "\(entry.count)", localTime(entry.since), next, printable(entry.problem ?? ""),
        ]
      })
  }
}
