public import Foundation
public import GRDB
public import XMLSecurity

/// A file in a participant's message folder that is no message's yet, such as an attachment of a draft.
public struct HeldFile: Hashable, Sendable, Codable {
  /// The name under which it lies there; generated here.
  public let storedName: String
  /// In bytes.
  public let size: Int
  /// In lower-case hexadecimal.
  public let sha256: String

  /// A file that was taken in before.
  public init(storedName: String, size: Int, sha256: String) {
    self.storedName = storedName
    self.size = size
    self.sha256 = sha256
  }
}

// Files of what stands behind the relay. A file goes by itself when it is an hour old and no row names it.
extension Relay {
  /// Takes a file in, whole and durable when this returns. It stays only if ``hold(_:of:in:)`` names it within an hour.
  /// - Parameters:
  ///   - limit: in bytes.
  ///   - write: puts the bytes into the sink, as they come.
  /// - Throws: ``SubmissionProblem`` where it is too large or the disk is nearly full, and what `write` throws.
  public func takeFile(
    of participant: ParticipantID, limit: Int, _ write: (any ByteSink) async throws -> Void
  ) async throws -> HeldFile {
    let room = DiskRoom(folder: settings.data, reserve: settings.limits.reserve)
    guard room.isEnough(for: limit) else { throw SubmissionProblem.unavailable("the disk is nearly full") }
    let file = try store.layout.messages(participant).create()
    let digest = DigestSink(.sha256, next: file)
    do {
      try await write(CountingSink(limit: limit, next: digest))
    } catch let exceeded as ByteLimitExceeded {
      throw SubmissionProblem.tooLarge(limit: exceeded.limit)
    }
    try digest.close()
    let name = randomUUID().uuidString.lowercased()
    try file.keep(as: name)
    return HeldFile(storedName: name, size: file.size, sha256: Hexadecimal.encode(digest.digest()))
  }

  /// Keeps the file for as long as the row that this writes stands.
  public func hold(_ file: HeldFile, of participant: ParticipantID, in db: Database) throws {
    try db.change(
      sql: "INSERT INTO heldFile (participant, file) VALUES (?, ?)",
      arguments: [participant.comparable, file.storedName])
  }

  /// Keeps the file no longer. Once that is committed, ``removeFiles(_:of:)`` may take it off the disk.
  public func release(_ file: HeldFile, of participant: ParticipantID, in db: Database) throws {
    try db.change(
      sql: "DELETE FROM heldFile WHERE participant = ? AND file = ?",
      arguments: [participant.comparable, file.storedName])
  }

  /// Removes files that no row names any more. While a backup is taken they stay, and go by themselves later.
  public func removeFiles(_ files: [HeldFile], of participant: ParticipantID) {
    guard !files.isEmpty, !store.layout.isBeingBackedUp, let spool = try? store.layout.messages(participant) else {
      return
    }
    for file in files { spool.remove(file.storedName) }
  }

  /// Where the file lies, for reading only.
  public func heldFile(_ file: HeldFile, of participant: ParticipantID) -> URL {
    store.layout.messageFile(file.storedName, of: participant)
  }
}
