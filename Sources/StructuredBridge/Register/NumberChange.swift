import Foundation
import SDKRelay

extension CaseRegister {
  /// A person has got, or gets, another number. Persons whom two records stand for become one only where the register says
  /// that they are, and neither is or may be protected.
  func take(_ change: IdentifierChange) throws -> FactOutcome {
    try check(change.tenant, change.former, change.occurred)
    if let current = change.current { try check(change.tenant, current, change.occurred) }
    let persons = persons(change.tenant)
    guard let person = try persons.row(of: change.former) else { throw FactProblem.unknownPerson }
    switch change.state {
    case .pending:
      guard try persons.fetch(person).changePending == nil else { return .known(nil) }
      try persons.setChangePending(change.occurred, of: person)
    case .withdrawn:
      guard try persons.fetch(person).changePending != nil else { return .known(nil) }
      try persons.setChangePending(nil, of: person)
    case .done:
      guard let current = change.current, current.isMatchKey, current != change.former else {
        throw FactProblem.form
      }
      return try give(current, insteadOf: change.former, to: person, change)
    }
    return .taken(nil)
  }

  private func give(
    _ current: PersonIdentityNumber, insteadOf former: PersonIdentityNumber, to person: Int64,
    _ change: IdentifierChange
  ) throws -> FactOutcome {
    let persons = persons(change.tenant)
    let holder = try persons.row(of: current)
    if holder == person,
      try persons.fetch(person).identifiers.contains(where: { $0.number == former && $0.ended != nil })
    {
      return .known(nil)
    }
    if let holder, holder != person {
      guard try !standing(of: person).countsAsProtected, try !standing(of: holder).countsAsProtected else {
        throw FactProblem.notMerged
      }
      try persons.merge(person, into: holder)
    } else if holder == nil {
      try persons.add(current, to: person, source: change.source, at: now)
    }
    try persons.end(former, at: change.occurred)
    try persons.setChangePending(nil, of: holder ?? person)
    return .taken(nil)
  }
}
