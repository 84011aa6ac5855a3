import Foundation
import SDKRelay

/// Judges what came, as a whole: one thing in it that is wrong, and nothing of it is taken.
struct CoreAnswerReader {
  let operation: CoreOperation
  let tenant: CoreSettings.Tenant
  let counterparty: ParticipantID
  let now: Date

  /// First the form.
  static func value(_ reply: CoreReply, _ shape: CoreShape, now: Date) throws(CoreProblem) -> JSONValue {
    guard JSONShape.isShallow(reply.body),
      let value = try? JSONDecoder().decode(JSONValue.self, from: Data(reply.body))
    else { throw CoreProblem(.contentType, status: reply.head.status, detail: "it cannot be read") }
    let problems = shape.problems(in: value, now: now)
    guard problems.isEmpty else { throw CoreProblem(.answer, status: reply.head.status, fields: problems) }
    return value
  }

  /// Then whose it is, of which kind, and whether anything comes twice.
  /// - Parameter person: whom it must be about; nil for anybody.
  func facts(
    in value: JSONValue, of person: PersonIdentityNumber? = nil
  ) throws(CoreProblem) -> [StructuredFact] {
    var known: [String: CoreRecord] = [:]
    var facts: [StructuredFact] = []
    for (index, item) in (value[CoreNames.Key.events]?.items ?? []).enumerated() {
      let place = "\(CoreNames.Key.events)[\(index)]"
      guard let record = CoreRecord(item, now: now) else {
        throw CoreProblem(.answer, fields: [CoreFieldProblem(place, "cannot be read")])
      }
      try check(record, at: place, person)
      if let same = known[record.id] {
        guard same == record else {
          throw CoreProblem(
            .answer, fields: [CoreFieldProblem("\(place).\(CoreNames.Key.id)", "comes twice with different content")])
        }
        continue
      }
      known[record.id] = record
      facts += record.facts(tenant.participant, with: counterparty, observed: now)
    }
    return facts
  }

  func page(_ value: JSONValue, after cursor: CoreCursor?) throws(CoreProblem) -> CorePage {
    let facts = try facts(in: value)
    guard let next = value[CoreNames.Key.next]?.string.flatMap(CoreCursor.init) else {
      throw CoreProblem(
        .answer, fields: [CoreFieldProblem(CoreNames.Key.next, "must be 1 to 200 visible characters of ASCII")])
    }
    let hasMore = value[CoreNames.Key.more]?.boolean ?? false
    if hasMore, next == cursor {
      throw CoreProblem(.paging, fields: [CoreFieldProblem(CoreNames.Key.next, "is the cursor that was asked with")])
    }
    if hasMore, facts.isEmpty {
      throw CoreProblem(.paging, fields: [CoreFieldProblem(CoreNames.Key.more, "more than nothing follows")])
    }
    return CorePage(facts: facts, next: next, hasMore: hasMore)
  }

  func establishment(
    _ value: JSONValue, of person: PersonIdentityNumber
  ) throws(CoreProblem) -> CoreEstablishment {
    func text(_ key: String) -> String { value[key]?.string ?? "" }
    guard let checked = UTCTimestamp.date(text(CoreNames.Key.checked)),
      let organisation = OrganisationNumber(text(CoreNames.Key.organisation)),
      let participates = value[CoreNames.Key.participates]?.boolean,
      let answered = try? IdentityReading(text(CoreNames.Key.person), at: now).person
    else { throw CoreProblem(.answer, detail: "it cannot be read") }
    let record = CoreRecord(
      id: text(CoreNames.Key.id), organisation: organisation, person: answered, kind: .establishmentQuery,
      occurred: checked)
    try check(record, at: "", person)
    let event = ObservedEvent(
      tenant: tenant.participant, counterparty: counterparty, person: answered, kind: .establishmentQuery,
      occurred: checked, reference: record.id, digest: record.digest,
      summary: ["participates": participates ? "yes" : "no"], source: .core)
    return CoreEstablishment(participates: participates, checked: checked, fact: .eventObserved(event))
  }

  private func check(
    _ record: CoreRecord, at place: String, _ person: PersonIdentityNumber?
  ) throws(CoreProblem) {
    func problem(_ kind: CoreProblem.Kind, _ key: String, _ reason: String) -> CoreProblem {
      CoreProblem(kind, fields: [CoreFieldProblem(place.isEmpty ? key : "\(place).\(key)", reason)])
    }
    guard record.organisation == tenant.organisation else {
      throw problem(.foreignData, CoreNames.Key.organisation, "is another organisation's")
    }
    if let person, record.person != person {
      throw problem(.otherPerson, CoreNames.Key.person, "is not the one that was asked for")
    }
    guard operation.kinds.isEmpty || operation.kinds.contains(record.kind) else {
      throw problem(.answer, CoreNames.Key.kind, "does not belong here")
    }
  }
}
