public import Foundation
import GRDB
public import Mailbox
public import SDKRelay

extension AuditAction {
  public static let tellCore = AuditAction(rawValue: "core.tell")
  public static let askCore = AuditAction(rawValue: "core.ask")
}

/// What a person has the node call the structured core for. No message ever does: each call is somebody's, by name, in the
/// audit trail. What the core answers is taken into the register as an observation.
extension Bridge {
  /// Tells the core an event that is the municipality's to tell. The same report again is the same event: it may be told again
  /// whenever nobody knows whether it came.
  /// - Parameter user: the caseworker's signature, for the counterpart's tracing.
  /// - Returns: nil where the register knows that it has been told.
  /// - Throws: ``CoreProblem``; `AccessDenied` for whoever does not administer the organisation.
  public func tell(
    _ document: CoreReportDocument, of tenant: ParticipantID, as user: CoreUser = .system, by principal: Principal,
    at now: Date = .now
  ) async throws -> CoreReceipt? {
    var record = AuditRecord(
      principal, .tellCore, participant: tenant, object: "\(document.kind.rawValue) \(document.id)")
    let counterparty = settings.core?.counterparty
    let report = try await audited(&record, of: tenant, by: principal, at: now) { register in
      // By now the register may know more of its case: it would no longer be the same report.
      let known = try counterparty.flatMap { try register.events(tenant).known(document.id, with: $0) }
      return known?.kind == document.kind.rawValue ? nil : try document.report(register, of: tenant)
    }
    guard let report else { return nil }
    return try await call(record, at: now, persons: [report.person]) { core throws(CoreProblem) in
      let answer = try await core.tell(report, of: tenant, as: user)
      return (answer.value, [answer.value.fact.classified(answer.head.confidentiality)])
    }
  }

  /// Asks for the needs of education of the person whose case or pseudonym the text is, or who has the number.
  /// - Returns: how many there are; nil where nobody is known by the text.
  public func askNeeds(
    ofPerson text: String, of tenant: ParticipantID, as user: CoreUser = .system, by principal: Principal,
    at now: Date = .now
  ) async throws -> Int? {
    try await ask("needs", text, tenant, principal, now) { core, person throws(CoreProblem) in
      let answer = try await core.needs(of: person, for: tenant, as: user)
      return (answer.value.count, answer.value.map { $0.classified(answer.head.confidentiality) })
    }
  }

  /// Asks whether the person takes part in the establishment programme (table 3).
  /// - Returns: nil where nobody is known by the text.
  public func askEstablishment(
    ofPerson text: String, of tenant: ParticipantID, as user: CoreUser = .system, by principal: Principal,
    at now: Date = .now
  ) async throws -> CoreEstablishment? {
    try await ask("establishment", text, tenant, principal, now) { core, person throws(CoreProblem) in
      let answer = try await core.establishment(of: person, for: tenant, as: user)
      return (answer.value, [answer.value.fact.classified(answer.head.confidentiality)])
    }
  }

  private func ask<Value: Sendable>(
    _ question: String, _ text: String, _ tenant: ParticipantID, _ principal: Principal, _ now: Date,
    _ work: (CoreClient, PersonIdentityNumber) async throws(CoreProblem) -> (Value, [StructuredFact])
  ) async throws -> Value? {
    var record = AuditRecord(principal, .askCore, participant: tenant, object: question)
    let person = try await audited(&record, of: tenant, by: principal, at: now) { register in
      try register.number(meantBy: text, in: tenant)
    }
    guard let person else { return nil }
    return try await call(record, at: now, persons: [person]) { core throws(CoreProblem) in try await work(core, person)
    }
  }

  /// What is looked up before the call. The trail tells of what was refused; what was not is told with the call's outcome.
  private func audited<Value: Sendable>(
    _ record: inout AuditRecord, of tenant: ParticipantID, by principal: Principal, at now: Date,
    _ work: @escaping @Sendable (CaseRegister) throws -> Value
  ) async throws -> Value {
    let (settings, tenants) = (settings, tenants)
    do {
      return try await mailbox.relay.write { db in
        try Access.check(principal, .administer, of: tenant, at: now, in: db)
        return try work(CaseRegister(settings, tenants, at: now, in: db))
      }
    } catch {
      return try await mailbox.audited(record, at: now) { _, _ in throw error }
    }
  }

  /// Makes the call, takes what it says, and has the trail tell of it, whatever came of it.
  private func call<Value: Sendable>(
    _ record: AuditRecord, at now: Date, persons: [PersonIdentityNumber],
    _ work: (CoreClient) async throws(CoreProblem) -> (Value, [StructuredFact])
  ) async throws -> Value {
    var record = record
    record.persons = persons.map(\.whole)
    let result: Result<(Value, [StructuredFact]), CoreProblem>
    do throws(CoreProblem) {
      result = .success(try await work(client()))
    } catch {
      result = .failure(error)
    }
    return try await mailbox.audited(record, at: now) { [self] _, db in
      let (value, facts) = try result.get()
      _ = try take(facts, at: now, in: db)
      return value
    }
  }

  private func client() throws(CoreProblem) -> CoreClient {
    guard let core = settings.core else {
      throw CoreProblem(.tenant, detail: "the settings have no section core")
    }
    do {
      return try CoreClient(core)
    } catch {
      throw CoreProblem(.tls, detail: "\(error)")
    }
  }
}

extension CoreReportDocument {
  /// The report, with what the register knows of its case.
  fileprivate func report(_ register: CaseRegister, of tenant: ParticipantID) throws -> CoreReport {
    switch subject {
    case .person(let person):
      try register.check(tenant, person, occurred)
      return try report(of: person, [])
    case .register(let text):
      let cases = register.cases(tenant)
      let rows = try cases.rows(meantBy: text)
      guard let row = rows.first, rows.count == 1 else {
        throw CoreProblem(.report, fields: [CoreFieldProblem("case", "is none, or several, in the register")])
      }
      let record = try register.persons(tenant).fetch(cases.person(of: row))
      guard let person = record.identifiers.last(where: { $0.ended == nil && $0.number.isMatchKey })?.number else {
        throw CoreProblem(.report, fields: [CoreFieldProblem("case", "is of a person without a number to tell")])
      }
      return try report(of: person, cases.fetch(row).references)
    }
  }

  private func report(of person: PersonIdentityNumber, _ references: [CaseReference]) throws(CoreProblem) -> CoreReport
  {
    func known(_ kind: CaseReference.Kind, _ owner: CaseReference.Owner) -> String? {
      references.first { $0.kind == kind && $0.owner == owner }?.value
    }
    var report = try CoreReport(kind, id: id, person: person, occurred: occurred)
    report.caseID = caseID ?? known(.system, .counterpart)
    report.caseNumber = caseNumber ?? known(.caseNumber, .counterpart)
    report.ownReference = ownReference ?? known(.system, .own)
    report.course = course
    return report
  }
}

extension CaseRegister {
  /// The number to ask by: the person's own, or one that the register does not know yet.
  fileprivate func number(meantBy text: String, in tenant: ParticipantID) throws -> PersonIdentityNumber? {
    if let row = try person(meantBy: text, in: tenant) {
      return try persons(tenant).fetch(row).identifiers.last { $0.ended == nil && $0.number.isMatchKey }?.number
    }
    guard let number = (try? IdentityReading(text, at: now))?.person, number.isMatchKey else { return nil }
    try check(tenant, number, now)
    return number
  }
}
