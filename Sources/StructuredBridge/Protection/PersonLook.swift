public import Foundation
import GRDB
public import Mailbox
public import SDKRelay

/// How a person counts, and by which answer.
public struct PersonLook: Hashable, Sendable {
  /// The pseudonym.
  public let id: PersonID
  public let standing: ProtectionStanding
  /// Nil where the population register has not been asked.
  public let protection: Protection?
  /// Until when the answer holds.
  public let holdsUntil: Date?
  /// Whether another number has been asked for.
  public let isChanging: Bool
}

extension AuditAction {
  public static let showProtection = AuditAction(rawValue: "person.protection")
}

extension Bridge {
  /// How the person counts whose case or pseudonym the text is, or who has the number. Told in the audit trail.
  /// - Returns: nil where nobody is known by it.
  public func protection(
    of text: String, in tenant: ParticipantID, by principal: Principal, at now: Date = .now
  ) async throws -> PersonLook? {
    let (settings, tenants) = (settings, tenants)
    let record = AuditRecord(principal, .showProtection, participant: tenant)
    return try await mailbox.audited(record, at: now) { record, db in
      guard tenants.contains(tenant) else { return nil }
      let register = try CaseRegister(settings, tenants, at: now, in: db)
      guard let row = try register.person(meantBy: text, in: tenant) else { return nil }
      let person = try register.persons(tenant).fetch(row)
      (record.object, record.persons) = ("person \(person.id)", person.identifiers.map(\.number.whole))
      let limit = TimeInterval(settings.protectionLimit.components.seconds)
      return PersonLook(
        id: person.id, standing: try register.standing(of: row), protection: person.protection,
        holdsUntil: person.protection.map { $0.checked + limit }, isChanging: person.changePending != nil)
    }
  }
}

extension CaseRegister {
  /// The person whose case or pseudonym the text is, or who has the number.
  func person(meantBy text: String, in tenant: ParticipantID) throws -> Int64? {
    if let id = PersonID(text), let row = try persons(tenant).row(of: id) { return row }
    if let number = (try? IdentityReading(text, at: now))?.person { return try persons(tenant).row(of: number) }
    let found = try Set(cases(tenant).rows(meantBy: text).map { try cases(tenant).person(of: $0) })
    return found.count == 1 ? found.first : nil
  }
}
