import Foundation
import XMLSecurity

/// Where a node's data lie. Each participant has a folder of its own; nothing of two participants shares a file.
///
/// ```
/// DATA/relay.sqlite             the store (Store.swift)
/// DATA/serve.lock               held by the process that runs
/// DATA/open.lock                held while a process opens the database and brings its tables up to date
/// DATA/doorbell                 a named pipe: another process has handed something in (Doorbell.swift)
/// DATA/backup.lock              held while a backup is taken: nothing is removed then (BackupLock.swift)
/// DATA/backup.last              when the last backup was taken; its own time of change says so
/// DATA/incoming/                messages being received; only temporary files, encrypted or about to be refused
/// DATA/participants/ID/sealed/  NAME.xhe: sealed envelopes as sent and as received, for good;
///                               NAME.as4: AS4 messages to send, until their exchange ends
/// DATA/participants/ID/messages/ attachments
/// DATA/participants/ID/quarantine/ attachments of messages with malware, which nothing reads
/// ```
/// Attachments and received envelopes are sealed with their message's data key (XMLSecurity/Sealing/SealedFormat.swift)
/// under the name that their row has; envelopes and AS4 messages to send are encrypted for their recipients only.
///
/// Folders have mode 0700 and files 0600. A final name holds all bytes (Spool.swift). Every file has its row within an
/// hour, and every row its file; the janitor removes what is left over.
struct DataLayout: Sendable {
  let folder: URL

  var database: URL { folder.appending(path: "relay.sqlite") }
  var lock: URL { folder.appending(path: "serve.lock") }
  var openLock: URL { folder.appending(path: "open.lock") }
  var doorbell: URL { folder.appending(path: "doorbell") }
  var backupNote: URL { folder.appending(path: "backup.last") }
  var incoming: URL { folder.appending(path: "incoming", directoryHint: .isDirectory) }

  /// When the last backup was taken, as far as the folder knows.
  var lastBackup: Date? {
    (try? FileManager.default.attributesOfItem(atPath: backupNote.path))?[.modificationDate] as? Date
  }

  /// Takes down that a backup is whole. Nothing depends on it.
  func noteBackup() {
    unlink(backupNote.path)
    let descriptor = open(backupNote.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    if descriptor >= 0 { close(descriptor) }
  }

  func sealed(_ participant: ParticipantID) throws(SpoolProblem) -> Spool {
    try Spool(folder: home(participant).appending(path: "sealed", directoryHint: .isDirectory))
  }

  func messages(_ participant: ParticipantID) throws(SpoolProblem) -> Spool {
    try Spool(folder: home(participant).appending(path: "messages", directoryHint: .isDirectory))
  }

  func quarantine(_ participant: ParticipantID) throws(SpoolProblem) -> Spool {
    try Spool(folder: home(participant).appending(path: "quarantine", directoryHint: .isDirectory))
  }

  func messageFile(_ name: String, of participant: ParticipantID) -> URL {
    home(participant).appending(path: "messages").appending(path: name)
  }

  func sealedFile(_ name: String, of participant: ParticipantID) -> URL {
    home(participant).appending(path: "sealed").appending(path: name)
  }

  func quarantineFile(_ name: String, of participant: ParticipantID) -> URL {
    home(participant).appending(path: "quarantine").appending(path: name)
  }

  /// An attachment of a message.
  /// - Parameter key: nil for what a former version stored in plain.
  func attachment(_ name: String, of participant: ParticipantID, _ key: SealKey?) -> StoredFile {
    let url = messageFile(name, of: participant)
    return key.map { StoredFile(url, sealedWith: $0, as: name) } ?? StoredFile(url)
  }

  /// A received envelope.
  func receivedEnvelope(
    _ name: String, of participant: ParticipantID, isSealed: Bool, _ key: KeyState
  ) throws(ContentProblem) -> StoredFile {
    let url = sealedFile(Self.envelope(name), of: participant)
    guard isSealed else { return StoredFile(url) }
    guard let dataKey = key.key else { throw key.problem ?? .destroyed }
    return StoredFile(url, sealedWith: dataKey, as: name)
  }

  /// The file's name of a sealed envelope, of the name that a transfer's or a reception's row has.
  static func envelope(_ name: String) -> String { name + ".xhe" }

  /// The file's name of an AS4 message to send, of the name that its transfer's row has.
  static func wire(_ name: String) -> String { name + ".as4" }

  /// Participant ids hold ASCII letters, digits, dots, hyphens and one colon; anything else becomes an underscore.
  private func home(_ participant: ParticipantID) -> URL {
    let name = participant.value.lowercased().map { character in
      character.isASCII && (character.isLetter || character.isNumber || ".-".contains(character)) ? character : "_"
    }
    return folder.appending(path: "participants").appending(path: String(name), directoryHint: .isDirectory)
  }
}
