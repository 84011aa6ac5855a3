import Foundation
import Mailbox
import NIOCore
import SDKRelay

/// One stream of server-sent events, until its token ends, a grant does, or the reader goes.
struct EventStream: Sendable {
  let table: RouteTable
  let token: String

  /// Why a stream ends by itself, in its last event.
  private enum End: String {
    /// The token's time is over, or its client or user has been revoked.
    case token
    /// A mailbox is no longer among those that may be seen.
    case grant
    /// The node shuts down, or has no answer now.
    case node
  }

  /// - Parameter first: the number to go on after; nil for the end of the list.
  func run(from first: Int64?, _ give: (ByteBuffer) async throws -> Void) async throws {
    let reason = try await follow(from: first, give)
    try await give(ByteBuffer(string: "event: end\ndata: {\"reason\":\"\(reason.rawValue)\"}\n\n"))
  }

  private func follow(from first: Int64?, _ give: (ByteBuffer) async throws -> Void) async throws -> End {
    var after = first
    var reach: Set<MailboxID> = []
    // The head leaves with the first piece: at once.
    try await give(ByteBuffer(string: ": sdk-relay\nretry: 2000\n\n"))
    var written = ContinuousClock.now
    while true {
      guard let caller = try? await table.authority.caller(token: token, at: .now) else { return .token }
      guard let part = try? table.mailbox.events(after: after, for: caller.principal) else { return .node }
      guard part.reach.isSuperset(of: reach) else { return .grant }
      (reach, after) = (part.reach, part.end)
      if !part.events.isEmpty {
        try await give(ByteBuffer(string: try text(part)))
        written = .now
      } else if .now - written >= table.pace.heartbeat {
        // An id without data moves the reader's place, past what was for others, and is no event.
        try await give(ByteBuffer(string: ": \nid: \(table.cursors.seal(part.end, of: .events))\n\n"))
        written = .now
      }
      if part.hasMore { continue }
      let end = ContinuousClock.now + .seconds(max(0, caller.expires.timeIntervalSinceNow))
      let next = min(end, .now + table.pace.recheck, written + table.pace.heartbeat)
      guard await table.rest(beyond: part.end, until: next) else { return .node }
    }
  }

  private func text(_ part: MessageEvents) throws -> String {
    let encoder = JSONEncoder.stable()
    var text = ""
    for (index, event) in part.events.enumerated() {
      let isLast = index + 1 == part.events.count || part.events[index + 1].number != event.number
      // An id stands for everything before it: the copies of one event come with one.
      if isLast { text += "id: \(table.cursors.seal(event.number, of: .events))\n" }
      text += "event: message\ndata: \(String(decoding: try encoder.encode(EventView(event)), as: UTF8.self))\n\n"
    }
    return text
  }
}
