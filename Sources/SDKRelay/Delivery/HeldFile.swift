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
  /// What one that has just been taken in is sealed with.
  private(set) var key: SealKey?

  /// A file that was taken in before.
  public init(storedName: String, size: Int, sha256: String) {
    self.storedName = storedName
    self.size = size
    self.sha256 = sha256
  }

  fileprivate init(storedName: String, size: Int, sha256: String, key: SealKey) {
    self.init(storedName: storedName, size: size, sha256: sha256)
    self.key = key
  }

  private enum CodingKeys: CodingKey { case storedName, size, sha256 }
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
    let key = SealKey.random()
    let file = try SealedSpoolFile(in: store.layout.messages(participant), key: key)
    let digest = DigestSink(.sha256, next: file)
    do {
      try await write(CountingSink(limit: limit, next: digest))
    } catch let exceeded as ByteLimitExceeded {
      throw SubmissionProblem.tooLarge(limit: exceeded.limit)
    }
    try digest.close()
    try file.keep()
    return HeldFile(
      storedName: file.name, size: file.size, sha256: Hexadecimal.encode(digest.digest()), key: key)
  }

  /// Keeps the file, which has just been taken in, for as long as the row that this writes stands.
  public func hold(_ file: HeldFile, of participant: ParticipantID, in db: Database) throws {
    guard let key = file.key else { throw ContentProblem.destroyed }
    try db.change(
      sql: """
        INSERT INTO heldFile (participant, file, keyName, wrapped)
        VALUES (?1, ?2, storageKeyName(), wrapKey(?3, ?1 || ' ' || ?2))
        """,
      arguments: [participant.comparable, file.storedName, Data(key.bytes)])
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

  /// The file, for reading only.
  /// - Throws: ``ContentProblem`` where its key cannot be had.
  public func heldFile(_ file: HeldFile, of participant: ParticipantID) throws -> StoredFile {
    let row = try store.read { db in
      try db.row(
        sql: """
          SELECT unwrapKey(keyName, wrapped, participant || ' ' || file) AS dataKey FROM heldFile
          WHERE participant = ? AND file = ?
          """, arguments: [participant.comparable, file.storedName])
    }
    let state = row.map(KeyState.init) ?? .none
    guard let key = state.key else { throw state.problem ?? ContentProblem.destroyed }
    return StoredFile(
      store.layout.messageFile(file.storedName, of: participant), sealedWith: key, as: file.storedName)
  }
}
