public import Foundation

/// How the node is doing.
public struct RelayStatus: Hashable, Sendable {
  /// Whether a `serve` process works on this data folder now.
  public let isServed: Bool
  /// Jobs that wait for their time or a worker.
  public let queued: Int
  /// Jobs at work.
  public let running: Int
  /// What was set aside for an operator: poison, quarantine, envelope faults.
  public let setAside: Int
  /// Messages by their status.
  public let messages: [MessageStatus: Int]
  /// What is to be sent, by the organisation it goes to.
  public let toSend: [Backlog]
  /// What has been received and is to be opened, by the own organisation it is for.
  public let toOpen: [Backlog]
  /// The alarms of the last day, the newest first, at most 20.
  public let alarms: [RelayEvent]
  /// Room for the data folder in bytes; nil when the file system does not say.
  public let freeBytes: Int?

  /// Work for one organisation that has not ended, a message or a receipt each.
  public struct Backlog: Hashable, Sendable {
    public let organisation: ParticipantID
    public internal(set) var count = 0
    /// How much of it is at work now.
    public internal(set) var running = 0
    /// When the oldest of it came.
    public internal(set) var since = Date.distantFuture
    /// When the first of it is due.
    public internal(set) var next = Date.distantFuture
    /// What was in the way the last time; nil when nothing was.
    public internal(set) var problem: String?
  }
}

/// What was taken out of the queue for an operator to look at.
public struct SetAsideItem: Hashable, Sendable {
  public enum Work: String, Hashable, Sendable {
    /// A message or a message receipt was to be sent.
    case send
    /// A received message was to be opened.
    case open
    /// A sent message waited for its message receipt.
    case receiptClock
  }

  /// Names the item to whoever decides about it.
  public let number: Int64
  public let time: Date
  /// Whose message it is.
  public let participant: ParticipantID
  public let work: Work
  /// The other organisation, as far as it is known.
  public let counterpart: ParticipantID?
  public let messageID: MessageID?
  /// The AS4 message.
  public let transportID: String?
  public let reason: String
}

/// Why nothing could be done about an item that was set aside.
public enum SetAsideProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// There is none with this number, or no more.
  case unknown(Int64)
  /// The exchange has ended, as its sender has been told: a message sent, or a received one with malware.
  case ended(Int64)

  public var description: String {
    switch self {
    case .unknown(let number): "nothing is set aside under the number \(number)"
    case .ended(let number):
      "number \(number) cannot go on: its message has ended, as its sender has been told; send it as a new one"
    }
  }
}
