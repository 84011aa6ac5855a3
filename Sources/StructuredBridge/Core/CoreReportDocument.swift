public import Foundation
import Mailbox
import SDKRelay

/// A report for the structured core as somebody writes it down, a JSON object:
///
/// ```
/// {"id": "KOM-2026-12-1", "event": "admission", "case": "KOM-2026/12", "occurred": "2026-03-02T08:00:00.000Z",
///  "course": {"name": "Svenska som andraspråk", "start": "2026-04-01", "extent": 50}}
/// ```
/// Instead of `case`, whose person and references are filled in, it may name the `person` in twelve digits. Besides there are
/// `caseID` and `caseNumber` (the counterpart's) and `ownReference`. What is not named is refused.
public struct CoreReportDocument: Hashable, Sendable {
  enum Subject: Hashable, Sendable {
    case person(PersonIdentityNumber)
    case register(String)
  }

  let id: String
  let kind: EventKind
  let subject: Subject
  let occurred: Date
  let caseID: String?
  let caseNumber: String?
  let ownReference: String?
  let course: CoreCourse?

  /// - Throws: ``CoreProblem`` of kind `report`, which names the fields and nothing of them.
  public init(_ bytes: [UInt8], at now: Date = .now) throws(CoreProblem) {
    guard bytes.count <= 100_000, JSONShape.isShallow(bytes),
      let value = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes)), case .object(let fields) = value
    else { throw CoreProblem(.report, fields: [CoreFieldProblem("", "is no JSON object")]) }
    var problems = Self.shape.problems(in: value, now: now)
    problems += Self.unknown(fields, Self.shape, "")
    if case .object(let inner)? = value["course"] { problems += Self.unknown(inner, Self.course, "course.") }
    if (value["person"] == nil) == (value["case"] == nil) {
      problems.append(CoreFieldProblem("person", "or case: exactly one of them says whose it is"))
    }
    guard problems.isEmpty else { throw CoreProblem(.report, fields: problems) }
    func text(_ name: String) -> String? { value[name]?.string }
    guard let id = text("id"), let kind = text("event").flatMap(EventKind.init),
      let occurred = text("occurred").flatMap(UTCTimestamp.date)
    else { throw CoreProblem(.report) }
    let person = text("person").flatMap { try? IdentityReading($0, at: now).person }
    (self.id, self.kind, self.occurred) = (id, kind, occurred)
    subject = person.map(Subject.person) ?? .register(text("case") ?? "")
    (caseID, caseNumber, ownReference) = (text("caseID"), text("caseNumber"), text("ownReference"))
    course = value["course"].map(Self.course)
  }

  private static func unknown(
    _ fields: [String: JSONValue], _ shape: CoreShape, _ place: String
  ) -> [CoreFieldProblem] {
    let known = shape.fields.map(\.name)
    guard fields.keys.contains(where: { !known.contains($0) }) else { return [] }
    return [CoreFieldProblem("\(place)*", "has a name that is none of \(known.joined(separator: ", "))")]
  }

  private static func course(_ value: JSONValue) -> CoreCourse {
    func text(_ name: String) -> String? { value[name]?.string }
    var course = CoreCourse()
    (course.name, course.code, course.form) = (text("name"), text("code"), text("form"))
    (course.start, course.end) = (text("start").flatMap(Day.init), text("end").flatMap(Day.init))
    if case .integer(let number)? = value["extent"] { course.extent = Int(number) }
    (course.grade, course.reason) = (text("grade"), text("reason"))
    return course
  }

  private static let shape = CoreShape(
    name: "report",
    fields: [
      .required("id", .text(to: 128)),
      .required("event", .words(EventKind.allCases.filter { $0.source == .municipality }.map(\.rawValue))),
      .required("occurred", .time), .optional("person", .person), .optional("case", .text(to: 256)),
      .optional("caseID", .text(to: 256)), .optional("caseNumber", .text(to: 256)),
      .optional("ownReference", .text(to: 256)), .optional("course", .object(course)),
    ])

  private static let course = CoreShape(
    name: "course",
    fields: [
      .optional("name", .text(to: 200)), .optional("code", .text(to: 50)), .optional("form", .text(to: 50)),
      .optional("start", .day), .optional("end", .day), .optional("extent", .integer(1...100)),
      .optional("grade", .text(to: 10)), .optional("reason", .text(to: 50)),
    ])
}
