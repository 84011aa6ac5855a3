public import Foundation
import GRDB
public import Mailbox
public import SDKRelay

extension AuditAction {
  public static let showCase = AuditAction(rawValue: "case.show")
}

/// A case as somebody may see it. Of a person who counts as protected: time and state alone, unless a reason was given.
public struct CaseLook: Hashable, Sendable {
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

extension Bridge {
  /// The cases of the organisation that somebody means by the text: a case's id or any reference. Told in the audit trail.
  /// - Parameters:
  ///   - reason: what opens the cases of persons who count as protected.
  ///   - whole: whether the person's whole number is going to be shown.
  /// - Returns: nothing where there is none, or the organisation is none of this node's.
  public func look(
    at text: String, of tenant: ParticipantID, reason: String?, whole: Bool, by principal: Principal,
    at now: Date = .now
  ) async throws -> [CaseLook] {
    let (settings, tenants) = (settings, tenants)
    let record = AuditRecord(principal, .showCase, participant: tenant, reason: reason)
    return try await mailbox.audited(record, at: now) { record, db in
      let register = try CaseRegister(settings, tenants, at: now, in: db)
      let looks = try register.looks(at: text, of: tenant, hasReason: reason != nil)
      let details = looks.compactMap(\.details)
      record.persons = details.compactMap(\.numbers.last?.whole)
      let names = details.map { "case \($0.record.id)" } + ["\(looks.count - details.count) masked"]
      record.object = (names + (whole ? ["whole number"] : [])).joined(separator: ", ")
      return looks
    }
  }
}

extension CaseRegister {
  fileprivate func looks(at text: String, of tenant: ParticipantID, hasReason: Bool) throws -> [CaseLook] {
    guard tenants.contains(tenant) else { return [] }
    let cases = cases(tenant)
    return try cases.rows(meantBy: text).map { row in
      let record = try cases.fetch(row)
      let person = try cases.person(of: row)
      let standing = try standing(of: person)
      guard hasReason || !standing.countsAsProtected else {
        return CaseLook(opened: record.opened, isOpen: record.isOpen, details: nil)
      }
      let numbers = try persons(tenant).fetch(person).identifiers.map(\.number)
      return CaseLook(
        opened: record.opened, isOpen: record.isOpen,
        details: .init(
          record: record, numbers: numbers, standing: standing, events: try events(tenant).fetch(ofCase: row)))
    }
  }
}
