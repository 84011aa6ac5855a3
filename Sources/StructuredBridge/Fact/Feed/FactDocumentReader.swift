import Foundation
import Mailbox
import SDKRelay
import XMLSecurity

/// Reads the fields of one fact. What is not named is refused: a misspelt name is never a silent default.
struct FactDocumentReader {
  private let value: JSONValue
  private let place: String
  private let now: Date

  init(_ value: JSONValue, _ now: Date, at place: String = "") {
    self.value = value
    self.place = place
    self.now = now
  }

  // MARK: Kinds

  func event() throws(FactDocumentProblem) -> ObservedEvent {
    try allow(
      "kind", "tenant", "counterparty", "person", "event", "occurred", "reference", "caseReferences", "summary")
    let (tenant, counterparty) = (try participant("tenant"), try participant("counterparty"))
    guard tenant != counterparty else { throw problem("counterparty", "is the tenant itself") }
    guard let kind = EventKind(rawValue: try text("event", to: 50)) else {
      throw problem("event", "is none of the agreement's kinds")
    }
    var event = ObservedEvent(
      tenant: tenant, counterparty: counterparty, person: try person("person"), kind: kind,
      occurred: try time("occurred"), reference: try text("reference", to: 256), caseReferences: try references(),
      summary: try summary(), source: .feed)
    event.digest = digest()
    return event
  }

  func protection() throws(FactDocumentProblem) -> ProtectionObservation {
    try allow("kind", "tenant", "person", "marks", "checked")
    guard let items = value["marks"]?.items else {
      throw problem("marks", "must be a list, empty where there is no mark")
    }
    var marks: Set<ProtectionMark> = []
    for (index, item) in items.enumerated() {
      guard let mark = item.string.flatMap(ProtectionMark.init) else {
        throw problem(
          "marks[\(index)]", "is none of \(ProtectionMark.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      guard marks.insert(mark).inserted else { throw problem("marks[\(index)]", "comes twice") }
    }
    return ProtectionObservation(
      tenant: try participant("tenant"), person: try person("person"),
      protection: Protection(marks, source: .feed, checked: try time("checked")))
  }

  func identifierChange() throws(FactDocumentProblem) -> IdentifierChange {
    try allow("kind", "tenant", "former", "current", "state", "occurred")
    guard let state = IdentifierChange.State(rawValue: try text("state", to: 20)) else {
      throw problem("state", "is none of pending, done, withdrawn")
    }
    let former = try person("former")
    let current = has("current") ? try person("current") : nil
    if state == .done, current == nil { throw problem("current", "is missing where the change is done") }
    if state == .withdrawn, current != nil { throw problem("current", "contradicts a change that is withdrawn") }
    if current == former { throw problem("current", "is the former number") }
    return IdentifierChange(
      tenant: try participant("tenant"), former: former, current: current, state: state, occurred: try time("occurred"),
      source: .feed)
  }

  func closure() throws(FactDocumentProblem) -> CaseClosure {
    try allow("kind", "tenant", "case", "occurred")
    guard let inner = value["case"] else { throw problem("case", "is missing") }
    return CaseClosure(
      tenant: try participant("tenant"), reference: try reference(inner, "case"), occurred: try time("occurred"),
      source: .feed)
  }

  func availability() throws(FactDocumentProblem) -> InterfaceAvailability {
    try allow("kind", "tenant", "state", "observed")
    guard let state = ChannelQuestion.Interface(rawValue: try text("state", to: 20)) else {
      throw problem("state", "is none of up, down, absent")
    }
    return InterfaceAvailability(
      tenant: has("tenant") ? try participant("tenant") : nil, state: state, observed: try time("observed"),
      source: .feed)
  }

  // MARK: Fields

  func text(_ name: String, to most: Int) throws(FactDocumentProblem) -> String {
    guard let field = value[name] else { throw problem(name, "is missing") }
    guard let text = field.string else { throw problem(name, "must be a text") }
    // The rule of references is that of all texts here: something to see, nothing invisible.
    guard text.unicodeScalars.count <= most, CaseReference(.system, of: .own, text) != nil else {
      throw problem(name, "must be 1 to \(most) visible characters")
    }
    return text
  }

  private func has(_ name: String) -> Bool { value[name] != nil }

  private func participant(_ name: String) throws(FactDocumentProblem) -> ParticipantID {
    guard let id = try? ParticipantID(try text(name, to: 135)) else {
      throw problem(name, "must be a participant's id, such as 0203:kommun.example.se")
    }
    return id
  }

  private func person(_ name: String) throws(FactDocumentProblem) -> PersonIdentityNumber {
    let written = try text(name, to: 40)
    let reading: IdentityReading
    do {
      reading = try IdentityReading(written, at: now)
    } catch {
      throw problem(name, error.description)
    }
    switch reading {
    case .person(let number) where number.isMatchKey: return number
    case .openCentury: throw problem(name, "leaves the century open: write twelve digits")
    default: throw problem(name, "must be a personnummer or samordningsnummer")
    }
  }

  private func time(_ name: String) throws(FactDocumentProblem) -> Date {
    guard let date = UTCTimestamp.date(try text(name, to: 40)) else {
      throw problem(name, "must be a time such as 2026-03-01T08:00:00.000Z")
    }
    return date
  }

  private func references() throws(FactDocumentProblem) -> [CaseReference] {
    guard let field = value["caseReferences"] else { return [] }
    guard let items = field.items, items.count <= 20 else {
      throw problem("caseReferences", "must be a list of at most 20")
    }
    var references: [CaseReference] = []
    for (index, item) in items.enumerated() {
      let reference = try reference(item, "caseReferences[\(index)]")
      guard !references.contains(reference) else { throw problem("caseReferences[\(index)]", "comes twice") }
      references.append(reference)
    }
    return references
  }

  private func reference(_ item: JSONValue, _ name: String) throws(FactDocumentProblem) -> CaseReference {
    let inner = FactDocumentReader(item, now, at: at(name))
    try inner.allow("kind", "owner", "value")
    guard let kind = CaseReference.Kind(rawValue: try inner.text("kind", to: 20)) else {
      throw inner.problem("kind", "is none of opaque, caseNumber, system")
    }
    guard let owner = CaseReference.Owner(rawValue: try inner.text("owner", to: 20)) else {
      throw inner.problem("owner", "is none of own, counterpart")
    }
    // Only this node gives out its own opaque references: one that is told of would be somebody's invention.
    guard kind != .opaque else { throw inner.problem("kind", "opaque references are given out by the node only") }
    guard let reference = CaseReference(kind, of: owner, try inner.text("value", to: 256)) else {
      throw inner.problem("value", "must be 1 to 256 visible characters")
    }
    return reference
  }

  private func summary() throws(FactDocumentProblem) -> [String: String] {
    guard let field = value["summary"] else { return [:] }
    guard case .object(let values) = field, values.count <= 50 else {
      throw problem("summary", "must be an object of at most 50 texts")
    }
    let inner = FactDocumentReader(field, now, at: at("summary"))
    var summary: [String: String] = [:]
    for name in values.keys {
      // The name is the other side's own words: it is not told.
      guard (1...50).contains(name.utf8.count), name.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
        !IdentityNumbers.areIn(name)
      else { throw problem("summary.*", "a name must be 1 to 50 visible characters of ASCII and no number") }
      let text = try inner.text(name, to: 500)
      guard !IdentityNumbers.areCertainlyIn(text) else {
        throw inner.problem(name, "holds what looks like a person's identity number")
      }
      summary[name] = text
    }
    return summary
  }

  /// Of everything but the person's number, which could be found by trying all.
  private func digest() -> [UInt8]? {
    guard case .object(var values) = value else { return nil }
    values["person"] = nil
    let bytes = try? JSONEncoder.stable().encode(JSONValue.object(values))
    return bytes.map { XMLSecurity.digest(.sha256, of: [UInt8]($0)) }
  }

  private func allow(_ known: String...) throws(FactDocumentProblem) {
    guard case .object(let values) = value else { throw FactDocumentProblem(place, "must be an object") }
    if values.keys.contains(where: { !known.contains($0) }) {
      throw problem("*", "has a name that is none of \(known.joined(separator: ", "))")
    }
  }

  private func at(_ name: String) -> String { place.isEmpty ? name : "\(place).\(name)" }

  private func problem(_ name: String, _ reason: String) -> FactDocumentProblem {
    FactDocumentProblem(at(name), reason)
  }
}
