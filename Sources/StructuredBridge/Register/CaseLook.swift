public import Foundation
import GRDB
public import Mailbox
public import SDKRelay

extension AuditAction {
  public static let showCase = AuditAction(rawValue: "case.show")
  public static let listCases = AuditAction(rawValue: "case.list")
}

/// A case as somebody may see it. Of a person who counts as protected: time and state alone, unless a reason was given and it
/// is for whoever asks.
public struct CaseLook: Hashable, Sendable {
  public let id: CaseID
  public let opened: Date
  public let isOpen: Bool
  /// Nil where the rest is not shown.
  public let details: Details?

  public struct Details: Hashable, Sendable {
    public let record: CaseRecord
    public let numbers: [PersonIdentityNumber]
    public let standing: ProtectionStanding
    public let events: [CaseEvent]
  }
}

/// A case in a list.
public struct ListedCase: Hashable, Sendable {
  /// Where it stands in the list: what `before` takes for the next page.
  public let number: Int64
  public let record: CaseRecord
  /// Nothing but id, time and state is shown.
  public let isConcealed: Bool
}

extension Bridge {
  /// The cases of the organisation that somebody means by the text: a case's id or any reference. Told in the audit trail.
  /// - Parameter whole: whether the person's whole number is going to be shown.
  /// - Returns: nothing where there is none, or none that the reader may know of, or the organisation is none of this node's.
  public func look(
    at text: String, of tenant: ParticipantID, whole: Bool, for reader: CommandReader, at now: Date = .now
  ) async throws -> [CaseLook] {
    let (settings, tenants) = (settings, tenants)
    let record = AuditRecord(
      reader.principal, through: reader.operator, .showCase, participant: tenant, reason: reader.reason)
    return try await mailbox.audited(record, at: now) { record, db in
      let register = try CaseRegister(settings, tenants, at: now, in: db)
      let looks = try register.looks(at: text, of: tenant, for: reader)
      let details = looks.compactMap(\.details)
      record.persons = details.compactMap(\.numbers.last?.whole)
      for detail in details { record.name("case \(detail.record.id)") }
      record.name("\(looks.count - details.count) masked")
      if whole { record.name("whole number") }
      let isProtected = details.contains { $0.standing.countsAsProtected }
      if case .operator = reader.principal, isProtected { record.name(AuditRecord.brokenGlass) }
      return looks
    }
  }

  /// The organisation's cases that the reader may know of, the newest first. Told in the audit trail.
  /// - Parameters:
  ///   - isOpen: nil for all.
  ///   - before: only cases with a smaller number than this.
  ///   - limit: at most so many, 1 to 500.
  public func cases(
    of tenant: ParticipantID, isOpen: Bool? = nil, before: Int64 = .max, limit: Int = 50, for reader: CommandReader,
    at now: Date = .now
  ) async throws -> [ListedCase] {
    let (settings, tenants) = (settings, tenants)
    let record = AuditRecord(
      reader.principal, through: reader.operator, .listCases, participant: tenant, reason: reader.reason)
    return try await mailbox.audited(record, at: now) { _, db in
      guard tenants.contains(tenant) else { return [] }
      let register = try CaseRegister(settings, tenants, at: now, in: db)
      let known = CaseSight.known(to: reader, at: now)
      let rows = try Int64.fetchAll(
        db.cachedStatement(
          sql: """
            SELECT id FROM caseRecord WHERE participant = ?1 AND id < ?2 AND (?3 IS NULL OR (closedAt IS NULL) = ?3)
              AND \(known?.sql ?? "1") ORDER BY id DESC LIMIT ?
            """),
        arguments: [tenant.comparable, before, isOpen] + (known?.arguments ?? []) + [min(max(limit, 1), 500)])
      return try rows.compactMap { row in
        let record = try register.cases(tenant).fetch(row)
        let sight = try CaseSight.of(row, record, for: reader, register)
        return sight.map { ListedCase(number: row, record: record, isConcealed: $0 == .concealed) }
      }
    }
  }
}

extension CaseRegister {
  fileprivate func looks(at text: String, of tenant: ParticipantID, for reader: CommandReader) throws -> [CaseLook] {
    guard tenants.contains(tenant) else { return [] }
    let cases = cases(tenant)
    return try cases.rows(meantBy: text).compactMap { row in
      let record = try cases.fetch(row)
      switch try CaseSight.of(row, record, for: reader, self) {
      case nil: return nil
      case .concealed: return CaseLook(id: record.id, opened: record.opened, isOpen: record.isOpen, details: nil)
      case .clear:
        let person = try cases.person(of: row)
        return CaseLook(
          id: record.id, opened: record.opened, isOpen: record.isOpen,
          details: .init(
            record: record, numbers: try persons(tenant).fetch(person).identifiers.map(\.number),
            standing: try standing(of: person), events: try events(tenant).fetch(ofCase: row)))
      }
    }
  }
}
