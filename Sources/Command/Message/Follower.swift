import ArgumentParser
import Foundation
import Mailbox
import SDKRelay

/// The rule for every `--wait`, in seconds.
func checkWait(_ seconds: Int?) throws {
  guard let seconds, !(0...31_536_000).contains(seconds) else { return }
  throw ValidationError("--wait takes a number of seconds from 0 to 31536000, a year.")
}

/// Shows where a message is, once or until its status is final.
struct Follower {
  let service: MailboxService
  private var relay: Relay { service.relay }
  let output: Output

  init(_ service: MailboxService, _ output: Output) {
    (self.service, self.output) = (service, output)
  }

  /// Prints where the message is now.
  func show(_ message: StoredMessage) throws {
    let view = try StatusView(message, events: relay.events(of: message).map(TimelineEntry.init), in: service)
    try output.result(view) { view.text }
  }

  /// Prints each event as it happens; refuses when the message ends in anything but success.
  func follow(_ message: StoredMessage, for limit: Duration) async throws {
    let end = ContinuousClock.now + limit
    var shown = 0
    while true {
      // The status is read first: its step is then among the events.
      let current =
        try relay.message(message.id, participant: message.participant).first { copy in
          copy.direction == message.direction
        } ?? message
      let entries = try relay.events(of: current).map(TimelineEntry.init)
      for entry in entries.dropFirst(shown) { try output.note(entry.line) }
      shown = max(shown, entries.count)
      if current.status.isFinal || ContinuousClock.now >= end { return try finish(current, entries) }
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  private func finish(_ message: StoredMessage, _ entries: [TimelineEntry]) throws {
    let view = try StatusView(message, events: entries, in: service)
    if output.json { try Output.document(view) }
    if !view.reasons.isEmpty { try output.note(ReceiptView.table(view.reasons)) }
    switch message.status {
    case .accepted, .new: return
    case .rejected, .messageExchangeError:
      throw CommandProblem.refused("the message ended as \(message.status.rawValue)")
    default:
      throw CommandProblem.couldNotRun("the message is still \(message.status.rawValue)")
    }
  }
}
