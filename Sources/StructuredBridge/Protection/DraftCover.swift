import Foundation
import GRDB
import Mailbox
import SDKRelay

/// Whom a draft is for: those who are in each of the audiences, by what the register knows now of those whom its references name, and whose numbers stand in its texts.
struct DraftCover {
  let audiences: Set<Audience>

  init(of draft: DraftContent, _ tenant: ParticipantID, _ register: CaseRegister) throws {
    let (cases, persons) = (register.cases(tenant), register.persons(tenant))
    var found: Set<Int64> = []
    var isUnknown = false
    for reference in draft.references {
      for row in try Self.cases(reference, tenant, register) { found.insert(try cases.person(of: row)) }
      let id = InstanceIdentifier(root: reference.root, extension: reference.value)
      guard case .person(let number) = IdentityReference(id, at: register.now), number.isMatchKey else { continue }
      if let row = try persons.row(of: number) { found.insert(row) } else { isUnknown = true }
    }
    for number in LeavingNumbers.numbers(in: draft.texts + [draft.subject], at: register.now) {
      if let row = try persons.row(of: number) { found.insert(row) }
    }
    var audiences = Set(try found.map { try register.audience(ofPerson: $0) })
    // Of whom nobody knows anything it is not known that they are not protected.
    if isUnknown { audiences.insert(.protectedPersons) }
    self.audiences = audiences
  }

  private static func cases(
    _ reference: Draft.Reference, _ tenant: ParticipantID, _ register: CaseRegister
  ) throws -> [Int64] {
    if reference.root.utf8.elementsEqual(CaseReference.opaqueRoot.utf8) {
      return try register.cases(tenant).rows(.opaque, reference.value)
    }
    guard reference.root.utf8.elementsEqual(IdentityReference.caseNumberRoot.utf8),
      let number = CaseReference(.caseNumber, of: .own, reference.value)
    else { return [] }
    return try register.cases(tenant).rows(.caseNumber, number.comparable)
  }
}
