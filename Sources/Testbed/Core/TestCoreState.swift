package import Foundation
package import SDKRelay
package import StructuredBridge

/// What a test core knows. It lives in memory.
package struct TestCoreState: Sendable {
  /// Events in the order in which they came about; a cursor counts them.
  private var lists: [CoreOperation: [CoreRecord]] = [:]
  /// What was told, by its key.
  private var keys: [String: (body: JSONValue, answer: JSONValue)] = [:]
  /// What municipalities told, in order.
  package private(set) var told: [JSONValue] = []

  package init() {}

  /// A beginning: for each person a need of education, and for the first two an application before the first connection.
  package static func scripted(_ organisations: [OrganisationNumber], at now: Date) throws -> TestCoreState {
    var state = TestCoreState()
    for organisation in organisations {
      for (index, number) in TestCorePersons.numbers.enumerated() {
        guard let person = try IdentityReading(number, at: now).person else { continue }
        let start = now - Double(30 - index) * 86_400
        var need = CoreRecord(
          id: "behov-\(organisation.tenDigits)-\(index)", organisation: organisation, person: person,
          kind: .needOfEducation, occurred: start)
        need.caseID = "AF-\(organisation.tenDigits)-\(index)"
        var course = CoreCourse()
        (course.name, course.code, course.form) = ("Svenska som andraspråk", "SVASVA01", "gymnasial")
        need.course = course
        state.add(need, to: .needs)
        guard index < 2 else { continue }
        var application = need
        (application.id, application.kind, application.occurred) = (
          "ansokan-\(organisation.tenDigits)-\(index)", .application, start + 86_400
        )
        state.add(application, to: .firstLoading)
      }
    }
    return state
  }

  package mutating func add(_ record: CoreRecord, to list: CoreOperation) {
    lists[list, default: []].append(record)
  }

  func page(
    _ list: CoreOperation, of organisation: String, after cursor: String?, limit: Int
  ) -> JSONValue? {
    let start = cursor.map { Int($0.split(separator: "-").dropFirst().first ?? "") } ?? 0
    guard let start, start >= 0 else { return nil }
    let all = (lists[list] ?? []).filter { $0.organisation.tenDigits == organisation }
    let part = all.dropFirst(start).prefix(limit)
    let end = min(start, all.count) + part.count
    return .object([
      CoreNames.Key.events: .list(part.map(\.json)), CoreNames.Key.next: .text("n-\(end)"),
      CoreNames.Key.more: .flag(end < all.count),
    ])
  }

  func events(_ list: CoreOperation, of organisation: String, person: String) -> JSONValue {
    let all = (lists[list] ?? []).filter {
      $0.organisation.tenDigits == organisation && $0.person.whole == person
    }
    return .object([CoreNames.Key.events: .list(all.map(\.json))])
  }

  /// - Returns: nil where the key came with another body.
  mutating func take(_ record: CoreRecord, _ body: JSONValue, key: String, at now: Date) -> JSONValue? {
    if let known = keys[key] { return known.body == body ? known.answer : nil }
    let caseID = record.caseID ?? "AF-\(record.organisation.tenDigits)-\(told.count)-t"
    let answer = JSONValue.object([
      CoreNames.Key.id: .text(record.id), CoreNames.Key.received: .text(UTCTimestamp.text(now)),
      CoreNames.Key.caseID: .text(caseID),
    ])
    keys[key] = (body, answer)
    told.append(body)
    if record.kind == .admission { decide(record, caseID, at: now) }
    return answer
  }

  /// An admission is answered with a decision.
  private mutating func decide(_ admission: CoreRecord, _ caseID: String, at now: Date) {
    var decision = CoreRecord(
      id: "beslut-\(admission.id)", organisation: admission.organisation, person: admission.person, kind: .decision,
      occurred: now)
    decision.caseID = caseID
    decision.ownReference = admission.ownReference
    decision.course = admission.course
    add(decision, to: .decisions)
  }
}
