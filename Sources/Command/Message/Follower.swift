import Foundation
import SDKRelay

/// Follows one message until its status is final.
struct Follower {
  let relay: Relay
  let output: Output

  private struct Result: Encodable {
    let id: String
    let status: String
    let events: [TimelineEntry]
  }

  /// Prints each event as it happens; refuses when the message ends in anything but success.
  func follow(_ id: MessageID, for limit: Duration) async throws {
    let end = ContinuousClock.now + limit
    var shown = 0
    while true {
      let message = try find(id)
      let entries = try relay.events(of: message).map(TimelineEntry.init)
      for entry in entries.dropFirst(shown) { output.note(entry.line) }
      shown = max(shown, entries.count)
      if message.status.isFinal || ContinuousClock.now >= end {
        return try finish(message, entries)
      }
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  private func find(_ id: MessageID) throws -> StoredMessage {
    let found = try relay.message(id)
    // Two participants of one node may have exchanged it: the sender's side tells how it went.
    guard let message = found.first(where: { $0.direction == .outgoing }) ?? found.first else {
      throw CommandProblem.couldNotRun("no message \(id.value) on this node")
    }
    return message
  }

  private func finish(_ message: StoredMessage, _ entries: [TimelineEntry]) throws {
    let status = message.status
    if output.json { try output.document(Result(id: message.id.value, status: status.rawValue, events: entries)) }
    switch status {
    case .accepted, .new: return
    case .rejected, .messageExchangeError:
      throw CommandProblem.refused("the message ended as \(status.rawValue)")
    default:
      throw CommandProblem.couldNotRun("the message is still \(status.rawValue)")
    }
  }
}
