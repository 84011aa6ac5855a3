package import Foundation
import Mailbox
package import SDKRelay
import XMLSecurity

/// One event as it stands on the wire.
package struct CoreRecord: Hashable, Sendable {
  package var id: String
  package var organisation: OrganisationNumber
  package var person: PersonIdentityNumber
  package var kind: EventKind
  package var occurred: Date
  /// The counterpart's id of the case.
  package var caseID: String?
  /// The counterpart's case number (diarienummer).
  package var caseNumber: String?
  /// The municipality's own id of the case.
  package var ownReference: String?
  /// Whether the person is getting another number.
  package var isNumberChanging = false
  package var course: CoreCourse?

  package init(
    id: String, organisation: OrganisationNumber, person: PersonIdentityNumber, kind: EventKind, occurred: Date
  ) {
    self.id = id
    self.organisation = organisation
    self.person = person
    self.kind = kind
    self.occurred = occurred
  }

  /// Reads what has been found to have the shape ``CoreShape/event``; nil where it has not.
  package init?(_ value: JSONValue, now: Date) {
    func text(_ key: String) -> String? { value[key]?.string }
    guard let id = text(CoreNames.Key.id), let organisation = text(CoreNames.Key.organisation),
      let organisation = OrganisationNumber(organisation), let number = text(CoreNames.Key.person),
      let person = try? IdentityReading(number, at: now).person, let name = text(CoreNames.Key.kind),
      let kind = CoreNames.kind(named: name), let occurred = text(CoreNames.Key.occurred).flatMap(UTCTimestamp.date)
    else { return nil }
    self.init(id: id, organisation: organisation, person: person, kind: kind, occurred: occurred)
    caseID = text(CoreNames.Key.caseID)
    caseNumber = text(CoreNames.Key.caseNumber)
    ownReference = text(CoreNames.Key.ownReference)
    isNumberChanging = value[CoreNames.Key.numberChange]?.boolean ?? false
    course = value[CoreNames.Key.course].map(CoreCourse.init)
  }

  package var json: JSONValue {
    var values = withoutPerson
    values[CoreNames.Key.person] = .text(person.whole)
    if isNumberChanging { values[CoreNames.Key.numberChange] = .flag(true) }
    return .object(values)
  }

  /// The SHA-256 of everything but the person's number and its change. Whoever has a digest of a number can try all numbers,
  /// and the case says whose the event is; that the number is changing may be told with an event that is known already.
  var digest: [UInt8] {
    let bytes = (try? JSONEncoder.stable().encode(JSONValue.object(withoutPerson))) ?? Data()
    return XMLSecurity.digest(.sha256, of: [UInt8](bytes))
  }

  private var withoutPerson: [String: JSONValue] {
    var values: [String: JSONValue] = [
      CoreNames.Key.id: .text(id), CoreNames.Key.organisation: .text(organisation.tenDigits),
      CoreNames.Key.kind: .text(CoreNames.kind(kind)), CoreNames.Key.occurred: .text(UTCTimestamp.text(occurred)),
    ]
    values[CoreNames.Key.caseID] = caseID.map(JSONValue.text)
    values[CoreNames.Key.caseNumber] = caseNumber.map(JSONValue.text)
    values[CoreNames.Key.ownReference] = ownReference.map(JSONValue.text)
    values[CoreNames.Key.course] = course?.json
    return values
  }

  var references: [CaseReference] {
    [
      caseID.flatMap { CaseReference(.system, of: .counterpart, $0) },
      caseNumber.flatMap { CaseReference(.caseNumber, of: .counterpart, $0) },
      ownReference.flatMap { CaseReference(.system, of: .own, $0) },
    ].compactMap { $0 }
  }

  /// What it tells: the event and, where the person is getting another number, that.
  func facts(_ tenant: ParticipantID, with counterparty: ParticipantID, observed: Date) -> [StructuredFact] {
    let event = ObservedEvent(
      tenant: tenant, counterparty: counterparty, person: person, kind: kind, occurred: occurred, reference: id,
      caseReferences: references, digest: digest, summary: course?.summary ?? [:], source: .core)
    guard isNumberChanging else { return [.eventObserved(event)] }
    let change = IdentifierChange(
      tenant: tenant, former: person, current: nil, state: .pending, occurred: min(occurred, observed), source: .core)
    return [.eventObserved(event), .identifierChanged(change)]
  }
}

extension CoreCourse {
  /// Reads what has the shape ``CoreShape/course``.
  init(_ value: JSONValue) {
    func text(_ key: String) -> String? { value[key]?.string }
    self.init()
    name = text(CoreNames.Key.courseName)
    code = text(CoreNames.Key.courseCode)
    form = text(CoreNames.Key.schoolForm)
    start = text(CoreNames.Key.start).flatMap(Day.init)
    end = text(CoreNames.Key.end).flatMap(Day.init)
    if case .integer(let number)? = value[CoreNames.Key.extent] { extent = Int(number) }
    grade = text(CoreNames.Key.grade)
    reason = text(CoreNames.Key.reason)
  }

  var json: JSONValue {
    var values: [String: JSONValue] = [:]
    values[CoreNames.Key.courseName] = name.map(JSONValue.text)
    values[CoreNames.Key.courseCode] = code.map(JSONValue.text)
    values[CoreNames.Key.schoolForm] = form.map(JSONValue.text)
    values[CoreNames.Key.start] = start.map { .text($0.description) }
    values[CoreNames.Key.end] = end.map { .text($0.description) }
    values[CoreNames.Key.extent] = extent.map { .integer(Int64($0)) }
    values[CoreNames.Key.grade] = grade.map(JSONValue.text)
    values[CoreNames.Key.reason] = reason.map(JSONValue.text)
    return .object(values)
  }
}
