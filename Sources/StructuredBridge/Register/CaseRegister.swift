import Foundation
import GRDB
import SDKRelay

/// What became of a fact.
public enum FactOutcome: Hashable, Sendable {
  /// It was new. The case it concerns, where it concerns one.
  case taken(CaseID?)
  /// It was known already.
  case known(CaseID?)
}

/// Takes facts into the register, in one transaction of the caller. A fact that is refused has changed nothing.
struct CaseRegister {
  let settings: BridgeSettings
  /// The organisations of this node.
  let tenants: Set<ParticipantID>
  let key: BridgeKey
  let now: Date
  let db: Database

  init(_ settings: BridgeSettings, _ tenants: Set<ParticipantID>, at now: Date, in db: Database) throws {
    self.settings = settings
    self.tenants = tenants
    self.now = now
    self.db = db
    key = try BridgeKey.open(in: db)
  }

  /// - Throws: ``FactProblem``.
  func take(_ fact: StructuredFact) throws -> FactOutcome {
    switch fact {
    case .eventObserved(let event): try take(event)
    case .protectionChanged(let observation): try take(observation)
    case .identifierChanged(let change): try take(change)
    case .caseClosed(let closure): try take(closure)
    case .availability(let availability): try AvailabilityTable.keep(availability, in: db)
    }
  }

  func persons(_ tenant: ParticipantID) -> PersonTable { PersonTable(tenant, key, in: db) }
  func cases(_ tenant: ParticipantID) -> CaseTable { CaseTable(tenant: tenant, db: db) }
  func events(_ tenant: ParticipantID) -> CaseEventTable { CaseEventTable(tenant, key, in: db) }

  func standing(of person: Int64) throws -> ProtectionStanding {
    ProtectionStanding(try ProtectionTable.fetch(person, in: db), at: now, limit: settings.protectionLimit)
  }

  // MARK: One fact each

  private func take(_ event: ObservedEvent) throws -> FactOutcome {
    try check(event.tenant, event.person, event.occurred)
    guard event.tenant != event.counterparty else { throw FactProblem.sameParty }
    guard Self.isID(event.reference), event.summary.count <= 50 else { throw FactProblem.form }
    let cases = cases(event.tenant)
    let events = events(event.tenant)
    if let known = try events.known(event.reference, with: event.counterparty) {
      let isSame = known.kind == event.kind.rawValue && (known.digest == nil || known.digest == event.digest)
      guard isSame, try isCase(known.caseRow, of: event) else { throw FactProblem.contradiction }
      return .known(try cases.fetch(known.caseRow).id)
    }
    let row = try caseRow(of: event)
    try events.insert(event, of: row, at: now)
    for reference in event.caseReferences { try cases.add(reference, to: row, at: now) }
    if event.kind.isEnd { _ = try cases.close(row, at: event.occurred, recorded: now) }
    return .taken(try cases.fetch(row).id)
  }

  /// Whether the known event's case is that of the person it is told of. Who has a number that nobody is matched by cannot
  /// be said.
  private func isCase(_ row: Int64, of event: ObservedEvent) throws -> Bool {
    guard event.person.isMatchKey else { return true }
    return try persons(event.tenant).row(of: event.person) == cases(event.tenant).person(of: row)
  }

  /// The case that the event belongs to: the one with its references, the person's only open one, or a new one.
  private func caseRow(of event: ObservedEvent) throws -> Int64 {
    let cases = cases(event.tenant)
    let named = try Set(event.caseReferences.flatMap { try cases.rows($0) })
    let person = try persons(event.tenant).row(making: event.person, source: event.source, at: now)
    guard named.count <= 1 else { throw FactProblem.severalCases }
    if let row = named.first {
      guard try cases.person(of: row) == person else { throw FactProblem.otherPerson }
      guard try cases.fetch(row).counterparty == event.counterparty else { throw FactProblem.otherCounterparty }
      return row
    }
    let open = try cases.rows(ofPerson: person, isOpen: true, with: event.counterparty)
    // A need of education begins a case, unless a case has begun without one: that came late then.
    if open.count == 1, try event.kind != .needOfEducation || !has(.needOfEducation, open[0], event.tenant) {
      let hasReferences = try !cases.fetch(open[0]).references.filter { $0.kind != .opaque }.isEmpty
      // Two cases with references of their own are two, even where one of them is the only one that is open.
      if event.caseReferences.isEmpty || !hasReferences { return open[0] }
    }
    return try cases.insert(of: person, with: event.counterparty, opened: event.occurred, at: now)
  }

  private func has(_ kind: EventKind, _ row: Int64, _ tenant: ParticipantID) throws -> Bool {
    try db.row(sql: "SELECT 1 FROM caseEvent WHERE caseRow = ? AND kind = ?", arguments: [row, kind.rawValue]) != nil
  }

  private func take(_ observation: ProtectionObservation) throws -> FactOutcome {
    try check(observation.tenant, observation.person, observation.protection.checked)
    guard let person = try persons(observation.tenant).row(of: observation.person) else {
      throw FactProblem.unknownPerson
    }
    return try ProtectionTable.keep(observation.protection, of: person, in: db) ? .taken(nil) : .known(nil)
  }

  private func take(_ closure: CaseClosure) throws -> FactOutcome {
    try check(closure.tenant, nil, closure.occurred)
    let cases = cases(closure.tenant)
    let rows = try cases.rows(closure.reference)
    guard let row = rows.first else { throw FactProblem.unknownCase }
    guard rows.count == 1 else { throw FactProblem.severalCases }
    let id = try cases.fetch(row).id
    return try cases.close(row, at: closure.occurred, recorded: now) ? .taken(id) : .known(id)
  }

  /// Refuses what concerns another organisation's node, lies ahead, or is a test number in production.
  func check(_ tenant: ParticipantID, _ person: PersonIdentityNumber?, _ time: Date) throws {
    guard tenants.contains(tenant) else { throw FactProblem.foreignTenant }
    guard time.timeIntervalSince(now) <= 300 else { throw FactProblem.future }
    guard let person else { return }
    do {
      try KnownTestNumbers.refuse(person, in: settings.federation)
    } catch {
      throw FactProblem.testNumber
    }
  }

  private static func isID(_ text: String) -> Bool { (1...256).contains(text.unicodeScalars.count) }
}
