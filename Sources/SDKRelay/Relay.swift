public import Foundation
public import Logging

/// One SDK node: it takes messages from its participants, delivers them, and takes those that others send.
///
/// `open` opens the store only, which is what `send`, `messages` and `status` need; `run` starts the endpoint, the
/// workers and the janitor. Both may happen in different processes on the same data folder: what one commits, the
/// other finds. One process at a time may run.
public final class Relay: Sendable {
  public let settings: NodeSettings
  /// The directory the node addresses by.
  public let directory: any Directory
  let store: Store
  let logger: Logger

  init(settings: NodeSettings, directory: any Directory, store: Store, logger: Logger) {
    self.settings = settings
    self.directory = directory
    self.store = store
    self.logger = logger
  }

  /// Opens the data folder, and makes it where it is missing.
  /// - Parameter directory: another directory than the static one that the settings name.
  public static func open(
    _ settings: NodeSettings, directory: (any Directory)? = nil, logger: Logger = Logger(label: "sdkrelay")
  ) throws -> Relay {
    let directory = try directory ?? StaticDirectory(file: settings.directoryFile)
    return Relay(settings: settings, directory: directory, store: try Store(folder: settings.data), logger: logger)
  }

  // MARK: Reading

  /// The messages that match, newest first.
  public func messages(_ filter: MessageFilter = MessageFilter()) throws -> [StoredMessage] {
    try store.messages(filter)
  }

  /// The message with this id: at most one for each participant of this node that sent or received it.
  public func message(_ id: MessageID, participant: ParticipantID? = nil) throws -> [StoredMessage] {
    try store.messages(id, participant: participant)
  }

  /// What happened to the message, oldest first, as seen by the participant.
  public func events(of message: StoredMessage) throws -> [RelayEvent] {
    try store.events(of: message)
  }

  /// What happened after the event with this number, oldest first, at most `limit`: a cursor for followers.
  public func events(after number: Int64, limit: Int = 200) throws -> [RelayEvent] {
    try store.events(after: number, limit: limit)
  }

  /// The file an attachment lies in, for reading only.
  public func attachment(_ file: StoredContent.File, of message: StoredMessage) -> URL {
    store.layout.messageFile(file.storedName, of: message.participant)
  }

  /// How the node is doing.
  public func status() throws -> RelayStatus { try store.status() }
}
