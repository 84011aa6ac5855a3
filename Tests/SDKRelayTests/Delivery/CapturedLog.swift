import Logging
import Synchronization

/// Keeps every event that is logged, with its metadata.
final class CapturedLog: Sendable {
  private let events = Mutex<[(message: String, metadata: Logger.Metadata)]>([])

  var logger: Logger { Logger(label: "captured") { _ in Handler(log: self) } }

  /// The metadata of the events with this message.
  func metadata(of message: String) -> [[String: String]] {
    events.withLock { $0 }.filter { $0.message == message }.map { $0.metadata.mapValues { "\($0)" } }
  }

  /// Everything as one text.
  var text: String { events.withLock { $0 }.map { "\($0.message) \($0.metadata)" }.joined(separator: "\n") }

  private struct Handler: LogHandler {
    let log: CapturedLog
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]

    init(log: CapturedLog) { self.log = log }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      log.events.withLock { $0.append(("\(event.message)", event.metadata ?? [:])) }
    }
  }
}
