import Foundation
import SDKRelay
import StructuredBridge
import XMLSecurity

/// Answers a request from the state, as the contract says.
struct TestCoreDesk {
  let clientID: String
  let secret: String
  let organisations: Set<String>
  let live: Bool
  let now: Date

  func answer(_ request: TestCoreRequest, _ state: inout TestCoreState) -> TestCoreAnswer {
    guard request.header(CoreNames.Header.clientID) == clientID,
      request.header(CoreNames.Header.clientSecret) == secret
    else { return TestCoreAnswer(401, Self.simple("unauthorised")) }
    let needed = [
      CoreNames.Header.tracking, CoreNames.Header.system, CoreNames.Header.user, CoreNames.Header.environment,
    ]
    for name in needed where request.header(name)?.isEmpty != false {
      return TestCoreAnswer(400, Self.form(field: name, code: "SAKNAS"))
    }
    guard let operation = request.operation else { return TestCoreAnswer(404, Self.simple("not found")) }
    if operation.reported != nil { return report(request, operation, &state) }
    switch operation {
    case .ping:
      return TestCoreAnswer(
        200,
        .object([
          CoreNames.Key.version: .text("1.0 (testbed)"), CoreNames.Key.time: .text(UTCTimestamp.text(now)),
        ]))
    case .needsOfPerson, .establishment: return person(request, operation, state)
    default: return list(request, operation, state)
    }
  }

  private func list(
    _ request: TestCoreRequest, _ operation: CoreOperation, _ state: TestCoreState
  ) -> TestCoreAnswer {
    guard let organisation = request.query[CoreNames.Query.organisation], organisations.contains(organisation) else {
      return TestCoreAnswer(403, Self.simple("forbidden"))
    }
    if operation == .residents, !live { return TestCoreAnswer(404, Self.simple("not found")) }
    let limit = request.query[CoreNames.Query.limit].flatMap(Int.init) ?? 100
    guard (1...1_000).contains(limit),
      let page = state.page(operation, of: organisation, after: request.query[CoreNames.Query.after], limit: limit)
    else { return TestCoreAnswer(400, Self.form(field: CoreNames.Query.after, code: "FORMAT")) }
    return TestCoreAnswer(200, page)
  }

  private func person(
    _ request: TestCoreRequest, _ operation: CoreOperation, _ state: TestCoreState
  ) -> TestCoreAnswer {
    if let refusal = refusal(request, .personQuestion) { return refusal }
    let organisation = request.body?[CoreNames.Key.organisation]?.string ?? ""
    let person = request.body?[CoreNames.Key.person]?.string ?? ""
    guard operation == .establishment else {
      return TestCoreAnswer(200, state.events(.needs, of: organisation, person: person))
    }
    guard live else { return TestCoreAnswer(404, Self.simple("not found")) }
    return TestCoreAnswer(
      200,
      .object([
        CoreNames.Key.id: .text("etablering-\(UUID().uuidString)"), CoreNames.Key.organisation: .text(organisation),
        CoreNames.Key.person: .text(person), CoreNames.Key.participates: .flag(true),
        CoreNames.Key.checked: .text(UTCTimestamp.text(now)),
      ]))
  }

  private func report(
    _ request: TestCoreRequest, _ operation: CoreOperation, _ state: inout TestCoreState
  ) -> TestCoreAnswer {
    if let refusal = refusal(request, .event) { return refusal }
    guard let body = request.body, let record = CoreRecord(body, now: now), record.kind == operation.reported else {
      return TestCoreAnswer(400, Self.form(field: CoreNames.Key.kind, code: "FEL"))
    }
    guard let key = request.header(CoreNames.Header.idempotency), !key.isEmpty else {
      return TestCoreAnswer(400, Self.form(field: CoreNames.Header.idempotency, code: "SAKNAS"))
    }
    guard let receipt = state.take(record, body, key: key, at: now) else {
      return TestCoreAnswer(409, Self.form(field: CoreNames.Key.id, code: "KONFLIKT"))
    }
    return TestCoreAnswer(201, receipt)
  }

  private func refusal(_ request: TestCoreRequest, _ shape: CoreShape) -> TestCoreAnswer? {
    guard let body = request.body else { return TestCoreAnswer(400, Self.form(field: "body", code: "FORMAT")) }
    if let problem = shape.problems(in: body, now: now).first {
      return TestCoreAnswer(400, Self.form(field: problem.field, code: "FORMAT"))
    }
    let organisation = body[CoreNames.Key.organisation]?.string ?? ""
    return organisations.contains(organisation) ? nil : TestCoreAnswer(403, Self.simple("forbidden"))
  }

  static func simple(_ message: String) -> JSONValue {
    .object([
      CoreNames.ErrorKey.id: .text(UUID().uuidString.lowercased()), CoreNames.ErrorKey.message: .text(message),
    ])
  }

  static func form(field: String, code: String, text: String = "", value: String = "") -> JSONValue {
    let entry: [String: JSONValue] = [
      CoreNames.ErrorKey.field: .text(field), CoreNames.ErrorKey.entryCode: .text(code),
      CoreNames.ErrorKey.operation: .text("CREATE"), CoreNames.ErrorKey.requirement: .text("7"),
      CoreNames.ErrorKey.text: .text(text), CoreNames.ErrorKey.rule: .text("OBLIGATORISK"),
      CoreNames.ErrorKey.ruleValue: .text(value), CoreNames.ErrorKey.entityID: .text(value),
    ]
    return .object([
      CoreNames.ErrorKey.id: .text(UUID().uuidString.lowercased()), CoreNames.ErrorKey.message: .text(text),
      CoreNames.ErrorKey.cause: .object([
        CoreNames.ErrorKey.system: .text("TESTBED"), CoreNames.ErrorKey.code: .text("VALIDERING"),
        CoreNames.ErrorKey.message: .text(text), CoreNames.ErrorKey.entries: .list([.object(entry)]),
      ]),
    ])
  }
}
