import Foundation
import GRDB
import SDKRelay

extension CaseRegister {
  /// Takes a row of the first loading: its person, its case, and what is new of it.
  /// - Throws: ``FactProblem``; the caller takes back what had been written then.
  func take(_ row: CaseRow) throws -> FactOutcome {
    try check(row)
    let (persons, cases, events) = (persons(row.tenant), cases(row.tenant), events(row.tenant))
    var isNew = false
    let found = try knownCase(of: row, persons, cases, events)
    let person = try found.map(cases.person) ?? persons.row(making: row.person, source: .file, at: now)
    if found == nil { isNew = true }
    let target =
      try found
      ?? cases.insert(
        of: person, with: row.counterparty, mailbox: row.mailbox, opened: row.opened, at: now)
    for reference in row.references where try cases.add(reference, to: target, at: now) { isNew = true }
    for event in row.events where try take(event, of: row, in: target, cases, events) { isNew = true }
    if let closed = row.closed, try cases.close(target, at: closed, recorded: now) { isNew = true }
    if let protection = row.protection, try ProtectionTable.keep(protection, of: person, in: db) { isNew = true }
    let id = try cases.id(of: target)
    return isNew ? .taken(id) : .known(id)
  }

  private func check(_ row: CaseRow) throws {
    try check(row.tenant, row.person, row.opened)
    guard row.tenant != row.counterparty else { throw FactProblem.sameParty }
    for time in [row.closed, row.protection?.checked].compactMap(\.self) + row.events.map(\.occurred) {
      try check(row.tenant, nil, time)
    }
    // Nobody is found by such a number: without a reference the same row would open a case each time.
    guard row.person.isMatchKey || !row.references.isEmpty else { throw FactProblem.noReference }
  }

  /// The case that the row tells of: the one with its references and events, or without any of them the person's that began
  /// at the same time.
  private func knownCase(
    of row: CaseRow, _ persons: PersonTable, _ cases: CaseTable, _ events: CaseEventTable
  ) throws -> Int64? {
    var named = try Set(row.references.flatMap { try cases.rows($0) })
    for event in row.events {
      if let known = try events.known(event.reference, with: row.counterparty) { named.insert(known.caseRow) }
    }
    guard named.count <= 1 else { throw FactProblem.severalCases }
    guard let known = named.first else {
      guard row.references.isEmpty, let person = try persons.row(of: row.person) else { return nil }
      return try cases.rows(ofPerson: person, with: row.counterparty)
        .first { try cases.opened($0) == row.opened.milliseconds }
    }
    guard try isPerson(row.person, ofCase: known, persons, cases) else { throw FactProblem.otherPerson }
    guard try cases.counterparty(of: known) == row.counterparty.comparable else {
      throw FactProblem.otherCounterparty
    }
    return known
  }

  private func isPerson(
    _ number: PersonIdentityNumber, ofCase row: Int64, _ persons: PersonTable, _ cases: CaseTable
  ) throws -> Bool {
    let person = try cases.person(of: row)
    if number.isMatchKey { return try persons.row(of: number) == person }
    return try persons.fetch(person).identifiers.contains { $0.number == number }
  }

  /// - Returns: whether the event was new.
  private func take(
    _ event: CaseRow.Event, of row: CaseRow, in target: Int64, _ cases: CaseTable, _ events: CaseEventTable
  ) throws -> Bool {
    if let known = try events.known(event.reference, with: row.counterparty) {
      // Another source may know the time more exactly than a file does.
      let isSameTime = known.source != FactSource.file.rawValue || known.occurred == event.occurred.milliseconds
      guard known.caseRow == target, known.kind == event.kind.rawValue, isSameTime else {
        throw FactProblem.contradiction
      }
      return false
    }
    try events.insert(row.observed(event), of: target, at: now)
    if event.kind.isEnd { _ = try cases.close(target, at: event.occurred, recorded: now) }
    return true
  }
}
