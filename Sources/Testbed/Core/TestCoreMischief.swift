import Foundation
import SDKRelay
import StructuredBridge

/// Makes a good answer wrong.
struct TestCoreMischief {
  let conduct: TestCoreConduct
  let request: TestCoreRequest
  let slowness: Duration
  let now: Date

  func spoil(_ answer: TestCoreAnswer) -> TestCoreAnswer {
    var answer = answer
    switch conduct {
    case .good: break
    case .slow: answer.delay = slowness
    case .failing: answer = TestCoreAnswer(500, TestCoreDesk.form(field: "system", code: "INTERNT"))
    case .busy:
      answer = TestCoreAnswer(429, TestCoreDesk.simple("busy"))
      answer.headers.append(("Retry-After", "1"))
    case .refusesCredentials: answer = TestCoreAnswer(401, TestCoreDesk.simple("unauthorised"))
    case .forbids: answer = TestCoreAnswer(403, TestCoreDesk.simple("forbidden"))
    case .missing: answer = TestCoreAnswer(404, TestCoreDesk.simple("not found"))
    case .conflicts: answer = TestCoreAnswer(409, TestCoreDesk.form(field: CoreNames.Key.id, code: "KONFLIKT"))
    case .refusesFields: answer = TestCoreAnswer(400, chatty)
    case .closesInTheMiddle: answer.cut = answer.body.count / 2
    case .classified: answer.headers.append((CoreNames.Header.confidentiality, "3"))
    default: spoilBody(&answer)
    }
    return answer
  }

  /// Repeats everything that it was sent.
  private var chatty: JSONValue {
    let person = request.body?[CoreNames.Key.person]?.string ?? TestCorePersons.numbers[0]
    let secret = request.header(CoreNames.Header.clientSecret) ?? ""
    var form = TestCoreDesk.form(
      field: CoreNames.Key.person, code: "F042", text: "fel för \(person) med \(secret)", value: person)
    guard case .object(var values) = form, case .object(var cause)? = values[CoreNames.ErrorKey.cause],
      case .list(let entries)? = cause[CoreNames.ErrorKey.entries]
    else { return form }
    let other: [String: JSONValue] = [
      CoreNames.ErrorKey.field: .text(person), CoreNames.ErrorKey.entryCode: .text(secret),
    ]
    cause[CoreNames.ErrorKey.entries] = .list(entries + [.object(other)])
    values[CoreNames.ErrorKey.cause] = .object(cause)
    form = .object(values)
    return form
  }

  private func spoilBody(_ answer: inout TestCoreAnswer) {
    switch conduct {
    case .wrongJSON: answer.body = Array(answer.body.prefix(answer.body.count / 2))
    case .webPage:
      answer.body = Array("<html>Vänta</html>".utf8)
      answer.headers = [("Content-Type", "text/html")]
    case .tooLarge: answer.body += [UInt8](repeating: UInt8(ascii: " "), count: 5_000_000)
    case .deep: answer.body = [UInt8](repeating: UInt8(ascii: "["), count: 100_000)
    default:
      guard let value = try? JSONDecoder().decode(JSONValue.self, from: Data(answer.body)),
        case .object(let values) = value, let body = try? JSONEncoder.stable().encode(JSONValue.object(spoiled(values)))
      else { return }
      answer.body = [UInt8](body)
    }
  }

  private func spoiled(_ values: [String: JSONValue]) -> [String: JSONValue] {
    var values = values
    func change(_ key: String, _ value: JSONValue) {
      if values[key] != nil { values[key] = value }
      values[CoreNames.Key.events] = values[CoreNames.Key.events].map { Self.last(of: $0, key, value) }
    }
    switch conduct {
    case .wrongForm:
      if values[CoreNames.Key.events] != nil {
        change(CoreNames.Key.occurred, .integer(7))
      } else {
        for key in values.keys.sorted().prefix(1) { values[key] = nil }
      }
    case .foreignData: change(CoreNames.Key.organisation, .text(TestCorePersons.otherMunicipality))
    case .otherPerson: change(CoreNames.Key.person, .text(TestCorePersons.numbers[4]))
    case .otherKind: change(CoreNames.Key.kind, .text(CoreNames.kind(.result)))
    case .circles:
      values[CoreNames.Key.more] = .flag(true)
      values[CoreNames.Key.next] = request.query[CoreNames.Query.after].map(JSONValue.text)
    case .emptyPages:
      values[CoreNames.Key.more] = .flag(true)
      values[CoreNames.Key.events] = .list([])
    case .endlessPages:
      values[CoreNames.Key.more] = .flag(true)
      values[CoreNames.Key.next] = .text("n-0-\(UUID().uuidString)")
      change(CoreNames.Key.id, .text(UUID().uuidString))
    case .doubled, .contradicts:
      let events = values[CoreNames.Key.events]?.items ?? []
      let again = conduct == .doubled ? events : events.map { Self.with($0, CoreNames.Key.caseID, .text("annat")) }
      values[CoreNames.Key.events] = .list(events + again)
    case .addsFields:
      change("nytt_falt", .text("nytt"))
      values["annat_nytt"] = .list([.flag(true)])
    default: break
    }
    return values
  }

  private static func last(of events: JSONValue, _ key: String, _ value: JSONValue) -> JSONValue {
    guard let items = events.items, let last = items.last else { return events }
    return .list(items.dropLast() + [with(last, key, value)])
  }

  private static func with(_ item: JSONValue, _ key: String, _ value: JSONValue) -> JSONValue {
    guard case .object(var values) = item else { return item }
    values[key] = value
    return .object(values)
  }
}
