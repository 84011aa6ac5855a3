public import Foundation
import GRDB
import SDKRelay
import XMLSecurity

extension MailboxService {
  /// What has been culled, newest first, as far as the principal may cull there or read the audit trail.
  /// - Parameters:
  ///   - before: only lines before the one with this number: the last of the former page.
  ///   - limit: at most so many, 1 to 1,000.
  public func cullingLog(
    for principal: Principal, before: Int64? = nil, limit: Int = 50, at now: Date = .now
  ) throws -> [CullingRecord] {
    let filters = [Permission.cull, .readAudit].map { permission in
      AccessFilter(
        principal, permission, at: now, participant: "cullingLog.participant", mailbox: "cullingLog.mailbox",
        isProtected: "messageRecord.isProtected")
    }
    return try relay.read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT cullingLog.id AS number, at, cullingLog.participant, cullingLog.mailbox, messageId, direction, rule,
            decision, kind, plan, planner, approver, contentSha256
          FROM cullingLog JOIN messageRecord USING (messageRow)
          WHERE cullingLog.id < ? AND (\(filters.map(\.sql).joined(separator: " OR ")))
          ORDER BY cullingLog.id DESC LIMIT ?
          """,
        arguments: filters.reduce([before ?? .max]) { $0 + $1.arguments } + [min(max(limit, 1), 1_000)]
      ).map(CullingRecord.init)
    }
  }
}

extension CullingRecord {
  fileprivate init(_ row: Row) throws {
    guard let id = MessageID(row["messageId"]), let direction = MessageDirection(rawValue: row["direction"]) else {
      throw DatabaseError(message: "a line of the log holds a word this version does not know")
    }
    self.init(
      number: row["number"], time: Date(milliseconds: row["at"]), messageID: id,
      mailbox: MailboxID(try ParticipantID(row["participant"]), try FunctionalAddress(row["mailbox"])),
      direction: direction, rule: row["rule"], decision: row["decision"], kind: row["kind"], plan: row["plan"],
      planner: try UserID(row["planner"]), approver: try UserID(row["approver"]),
      content: Hexadecimal.encode([UInt8](row["contentSha256"] as Data)))
  }
}
