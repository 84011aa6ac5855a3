public import Foundation
import GRDB
public import Mailbox
public import SDKRelay

extension AuditAction {
  public static let listCaseMessages = AuditAction(rawValue: "case.messages")
}

extension Bridge {
  /// The messages that belong to a case and that the principal may list, newest first. A case that is not there, or is another
  /// organisation's, has none.
  /// - Parameters:
  ///   - text: the case's id or a reference. Never an identity number.
  ///   - tenant: whose case; nil for any organisation of this node.
  ///   - withProposed: whether those are listed too that it is proposed for.
  ///   - before: only messages with a smaller number than this (``MessageLink/number``).
  ///   - limit: at most so many, 1 to 500.
  public func messages(
    ofCase text: String, of tenant: ParticipantID? = nil, withProposed: Bool = false, before: Int64 = .max,
    limit: Int = 50, for principal: Principal, through operator: Principal? = nil, at now: Date = .now
  ) async throws -> [MessageLink] {
    let record = AuditRecord(principal, through: `operator`, .listCaseMessages, participant: tenant)
    let wanted = tenant.map { [$0] } ?? tenants.sorted { $0.comparable < $1.comparable }
    return try await mailbox.audited(record, at: now) { [tenants] record, db in
      let access = AccessFilter(
        principal, .list, at: now, participant: "message.participant", mailbox: "message.mailbox",
        isProtected: "messageRecord.isProtected")
      var cases: [Int64] = []
      for tenant in wanted where tenants.contains(tenant) {
        let table = CaseTable(tenant: tenant, db: db)
        for row in try table.rows(meantBy: text) {
          cases.append(row)
          record.name("case \(try table.id(of: row))")
        }
      }
      let words = withProposed ? "'linked', 'proposed'" : "'linked'"
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT DISTINCT \(StoredMessage.columns) FROM caseLink
          JOIN message ON message.id = caseLink.messageRow
          JOIN messageRecord ON messageRecord.messageRow = message.id
          WHERE caseRow IN (\(cases.map(String.init).joined(separator: ", "))) AND state IN (\(words)) AND message.id < ?
            AND \(access.sql)
          ORDER BY message.id DESC LIMIT ?
          """, arguments: [before] + access.arguments + [min(max(limit, 1), 500)])
      return try rows.map { try MessageLink(StoredMessage($0), in: db) }
    }
  }
}
