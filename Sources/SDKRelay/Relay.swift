public import Foundation
public import GRDB
public import Logging
public import XMLSecurity

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
  let inbox: (any Inbox)?
  let work: BlockingWork
  let scan: MessageScan
  let logger: Logger
  /// Tells the running workers, here or in another process, that there is something to do.
  let doorbell: Doorbell
  /// What this process has done since it began.
  public let measures = Measures()
  /// Beats while the workers look at the queue.
  let pulse = Pulse()
  /// Calls those who follow the event list.
  public let eventWatch: EventWatch

  init(
    settings: NodeSettings, directory: any Directory, store: Store, inbox: (any Inbox)? = nil, logger: Logger
  ) {
    self.settings = settings
    self.directory = directory
    self.store = store
    self.inbox = inbox
    self.logger = logger
    scan = MessageScan(settings.malware)
    doorbell = Doorbell(store.layout.doorbell)
    eventWatch = EventWatch(store)
    work = BlockingWork(threads: max(4, ProcessInfo.processInfo.activeProcessorCount * 2))
  }

  /// Opens the data folder, and makes it where it is missing.
  /// - Parameters:
  ///   - directory: another directory than the static one that the settings name.
  ///   - inbox: takes the messages that come in; without one they wait in the relay's table.
  ///   - creating: false for those who only look: a folder that holds no node's data is then an error, not a new node.
  /// - Throws: ``StoreProblem``, or ``SettingsProblem`` about the directory's file.
  public static func open(
    _ settings: NodeSettings, directory: (any Directory)? = nil, inbox: (any Inbox)? = nil, creating: Bool = true,
    logger: Logger = Logger(label: "sdkrelay")
  ) throws -> Relay {
    try checkData(settings.data, creating: creating)
    let directory = try directory ?? StaticDirectory(file: settings.directoryFile)
    return Relay(
      settings: settings, directory: directory,
      store: try Store(folder: settings.data, keys: settings.storage, inbox: inbox),
      inbox: inbox, logger: logger)
  }

  private static func checkData(_ folder: URL, creating: Bool) throws(StoreProblem) {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder)
    guard !exists || isFolder.boolValue else { throw .cannotOpen("\(folder.path) is no folder") }
    guard creating || FileManager.default.fileExists(atPath: DataLayout(folder: folder).database.path) else {
      throw .cannotOpen("\(folder.path) holds no node's data; `serve` and `send` begin it")
    }
  }

  /// Checks the draft, stores it durably and queues it. When this returns, the message will be sent.
  /// - Parameter also: what is stored with the message in the same transaction. If it throws, nothing is stored.
  public func submit(
    _ draft: Draft, also: (@Sendable (StoredMessage, Database) throws -> Void)? = nil
  ) async throws(SubmissionProblem) -> MessageID {
    let submission = Submission(settings: settings, directory: directory, store: store, work: work, scan: scan)
    let id = try await submission.accept(draft, also: also)
    doorbell.ring()
    return id
  }

  /// Whether the draft's sender and recipient are known and can be reached by the directory, without taking it.
  /// - Throws: why not.
  public func check(_ draft: Draft) async throws(SubmissionProblem) {
    _ = try await Submission(settings: settings, directory: directory, store: store, work: work, scan: scan)
      .address(draft)
  }

  // MARK: Reading

  /// The messages that match, newest first.
  public func messages(_ filter: MessageFilter = MessageFilter()) throws -> [StoredMessage] {
    try store.messages(filter)
  }

  /// The messages with this id: at most one sent and one received for each participant of this node.
  public func message(_ id: MessageID, participant: ParticipantID? = nil) throws -> [StoredMessage] {
    try store.messages(id, participant: participant)
  }

  /// What happened to the message, oldest first, as seen by its participant.
  public func events(of message: StoredMessage) throws -> [RelayEvent] {
    try store.events(of: message)
  }

  /// What happened after the event with this number, oldest first, at most `limit`: a cursor for followers.
  public func events(after number: Int64, limit: Int = 200) throws -> [RelayEvent] {
    try store.events(after: number, limit: limit)
  }

  /// The signed proof of the message and of its message receipt, as far as there is any, kept for good. All of it is six
  /// pieces. A message receipt may overtake the transport receipt, which then comes after the status is final.
  public func evidence(of message: StoredMessage) throws -> [Evidence] {
    try store.evidence(of: message)
  }

  /// The signed proof of a message that was received and rejected, and of the message receipt that said so: it lies in no
  /// mailbox.
  /// - Parameter participant: whom the message was for.
  public func evidence(ofRejected id: MessageID, at participant: ParticipantID) throws -> [Evidence] {
    try store.evidence(ofRejected: id, at: participant)
  }

  /// An attachment, for reading only.
  public func attachment(_ file: StoredContent.File, of message: StoredMessage) -> StoredFile {
    message.attachment(file, store.layout)
  }

  /// The malware scanner's name and version, as it answers now; nil where none is set.
  /// - Throws: ``ScanProblem`` when it does not answer: messages wait then, unless the settings say otherwise.
  public func scannerVersion() async throws -> String? { try await scan.scanner.version() }

  /// Where files may lie for as long as they are being taken in. Whatever is left there when the node starts goes.
  public var temporaryFolder: URL { store.layout.incoming }

  /// How the node is doing.
  public func status() throws -> RelayStatus { try store.status() }
}
