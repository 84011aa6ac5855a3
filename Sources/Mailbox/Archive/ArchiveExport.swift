public import Foundation
import GRDB
public import SDKRelay
import XMLSecurity

extension AuditAction {
  public static let exportArchive = AuditAction(rawValue: "archive.export")
  public static let archiveMessage = AuditAction(rawValue: "message.archive")
}

/// Which messages go into a package.
public enum ArchiveSelection: Hashable, Sendable {
  /// Each with all its copies that whoever asks may export.
  case messages([MessageID])
  /// Everything with the conversation id, with one counterparty where one is given.
  case conversation(MessageID, with: ParticipantID? = nil)
}

/// Where a package goes.
public enum ArchivePlace: Hashable, Sendable {
  /// A folder in which the package's own folder is made.
  case folder(URL)
  /// A zip file that is not there yet.
  case zip(URL)
}

/// What was exported.
public struct ArchiveSummary: Hashable, Sendable {
  /// The package's id, which is its folder's name.
  public let id: String
  public let place: URL
  public let messages: [MessageID]
  /// How many of them have nothing signed beside them.
  public let withoutEvidence: Int
}

extension MailboxService {
  /// Writes an archive package (ArchiveLayout.swift) of messages that the principal may both export and read. The audit
  /// trail tells of it once, and of each message.
  /// - Parameters:
  ///   - agreement: the agreement with the archive, as the archive names it.
  ///   - reason: why, where something is about a protected person and no reason was given before.
  ///   - operator: who runs the command in the principal's name.
  /// - Throws: ``MessageProblem/notFound`` where one of the messages may not be exported, or is not there;
  ///   ``ArchiveProblem``.
  public func exportArchive(
    _ selection: ArchiveSelection, to place: ArchivePlace, agreement: String? = nil, reason: String? = nil,
    for principal: Principal, through operator: Principal? = nil, at now: Date = .now
  ) async throws -> ArchiveSummary {
    let id = "uuid-\(randomUUID().uuidString.lowercased())"
    let inName = `operator` == nil ? "" : " as \(principal.kind) \(principal.name)"
    let record = AuditRecord(`operator` ?? principal, .exportArchive, object: id + inName, reason: reason)
    let audit = audit
    let chosen = try await audited(record, at: now) { record, db -> [ArchivedMessage] in
      if case .zip(let file) = place, FileInformation(path: file.path) != nil { throw ArchiveProblem.exists(file.path) }
      let found = try selection.fetch(for: principal, at: now, in: db)
      record.participant = found.first?.message.participant
      try Self.demandReason(for: found.map(\.message), by: principal, &record, at: now, in: db)
      for archived in found {
        var entry = record
        entry.action = .archiveMessage
        entry.mailbox = archived.message.ownMailbox
        entry.messageID = archived.message.id
        try audit.append(entry, at: now, in: db)
      }
      return found
    }
    do {
      return try await write(chosen, id, agreement, to: place, at: now)
    } catch {
      // The entries before say that it was allowed, this one that nothing came of it.
      try? await relay.write { db in try audit.append(record, .failed, at: now, in: db) }
      throw error is ZipProblem ? ArchiveProblem.tooLarge : error
    }
  }

  private func write(
    _ chosen: [ArchivedMessage], _ id: String, _ agreement: String?, to place: ArchivePlace, at now: Date
  ) async throws -> ArchiveSummary {
    let known = (try? await relay.directory.accessPointCertificates()) ?? []
    let messages = try chosen.map { archived in
      var archived = archived
      archived.events = try relay.events(of: archived.message)
      return archived
    }
    guard let owner = messages.first?.message.owner else { throw ArchiveProblem.nothing }
    let target: any ArchiveTarget
    let url: URL
    switch place {
    case .folder(let folder): (target, url) = (try FolderTarget(id, in: folder), folder.appending(path: id))
    case .zip(let file): (target, url) = (try ZipTarget(id, as: file), file)
    }
    defer { target.discard() }
    var withoutEvidence = 0
    let name = relay.settings.participant(owner.id)?.label ?? owner.label ?? owner.id.value
    try ArchiveWriter(
      id: id, messages: messages, submitter: ArchiveAgent(id: owner.id.value, name: name), agreement: agreement,
      created: now, target: target,
      attachment: { [relay] file, message, sink in try relay.attachment(file, of: message).write(into: sink) },
      evidence: { message, file in
        guard let bundle = try self.evidenceBundle(message.id, message, of: message.participant, known, at: now) else {
          withoutEvidence += 1
          return false
        }
        try bundle.write(into: file)
        return true
      }, scratch: try Spool(folder: url.deletingLastPathComponent())
    ).write()
    return ArchiveSummary(id: id, place: url, messages: messages.map(\.message.id), withoutEvidence: withoutEvidence)
  }
}

extension ArchiveSelection {
  /// The chosen messages, oldest first.
  func fetch(for principal: Principal, at now: Date, in db: Database) throws -> [ArchivedMessage] {
    let found =
      switch self {
      case .messages(let ids): try Set(ids).flatMap { try Self.copies(of: $0, for: principal, at: now, in: db) }
      case .conversation(let id, let counterparty):
        try Self.conversation(id, with: counterparty, for: principal, at: now, in: db)
      }
    guard !found.isEmpty else { throw MessageProblem.notFound }
    guard found.count <= ArchiveLayout.mostMessages else { throw ArchiveProblem.tooMany(found.count) }
    guard Set(found.map(\.participant)).count == 1 else { throw ArchiveProblem.severalOrganisations }
    return try found.sorted { $0.row < $1.row }.map { message in
      let entry = try RegisterTable.entry(of: message, in: db)
      return ArchivedMessage(message: message, register: ArchivedRegister(entry, of: message))
    }
  }

  /// A package is for reading, so that whoever makes one must be allowed to read it as well.
  private static func filter(_ principal: Principal, at now: Date) -> (sql: String, arguments: StatementArguments) {
    let export = AccessFilter(messages: principal, .export, at: now)
    let read = AccessFilter(messages: principal, .read, at: now)
    return ("\(export.sql) AND \(read.sql)", export.arguments + read.arguments)
  }

  private static func copies(
    of id: MessageID, for principal: Principal, at now: Date, in db: Database
  ) throws -> [StoredMessage] {
    let access = filter(principal, at: now)
    let rows = try Row.fetchAll(
      db.cachedStatement(
        sql: """
          SELECT \(StoredMessage.columns) FROM message JOIN messageRecord ON messageRow = message.id
          WHERE messageId = ? AND \(access.sql)
          """), arguments: [id.value] + access.arguments)
    guard !rows.isEmpty else { throw MessageProblem.notFound }
    return try rows.map(StoredMessage.init)
  }

  private static func conversation(
    _ id: MessageID, with counterparty: ParticipantID?, for principal: Principal, at now: Date, in db: Database
  ) throws -> [StoredMessage] {
    let access = filter(principal, at: now)
    return try Access.reach(of: principal, .export, at: now, in: db).mailboxes.flatMap { mailbox in
      try Row.fetchAll(
        db.cachedStatement(
          sql: """
            SELECT \(StoredMessage.columns) FROM messageRecord CROSS JOIN message ON message.id = messageRow
            WHERE messageRecord.conversation IN (
                SELECT id FROM conversation WHERE participant = ? AND mailbox = ? AND conversationId = ?
                  AND (? IS NULL OR counterparty = ?))
              AND \(access.sql) LIMIT ?
            """),
        arguments: [
          mailbox.participant.comparable, mailbox.address.value, id.value, counterparty?.comparable,
          counterparty?.comparable,
        ] + access.arguments + [ArchiveLayout.mostMessages + 1]
      ).map(StoredMessage.init)
    }
  }
}
