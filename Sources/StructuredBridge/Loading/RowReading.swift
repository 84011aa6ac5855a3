import Foundation
import Mailbox
import SDKRelay

/// Reads the cells of rows as what they mean.
struct RowReading {
  let now: Date

  func row(_ raw: RawRow) throws(RowProblem) -> CaseRow {
    if let problem = raw.problem { throw problem }
    for column in LoadingColumn.allCases { try Self.check(raw.cells[column] ?? "", column) }
    let tenant = try participant(raw, .organisation)
    let row = CaseRow(
      tenant: tenant, counterparty: try participant(raw, .counterparty), person: try person(raw, issuer: tenant),
      mailbox: try mailbox(raw), opened: try needed(raw, .opened, date),
      closed: try optional(raw, .closed, date), references: try references(raw), events: try events(raw),
      protection: try protection(raw))
    if let closed = row.closed, closed < row.opened {
      throw RowProblem(.closed, "closedBeforeOpened", "it was closed before it was opened")
    }
    return row
  }

  /// Control characters belong in no cell; what a spreadsheet would take for a formula begins none.
  private static func check(_ text: String, _ column: LoadingColumn) throws(RowProblem) {
    if text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
      throw RowProblem(column, "character", "a control character stands in it")
    }
    if let first = text.utf8.first, "=+-@".utf8.contains(first) {
      throw RowProblem(column, "formula", "it begins as a formula of a spreadsheet does")
    }
  }

  private func text(_ raw: RawRow, _ column: LoadingColumn) -> String? {
    let text = (raw.cells[column] ?? "").trimmingCharacters(in: .whitespaces)
    return text.isEmpty ? nil : text
  }

  private func needed<Value>(
    _ raw: RawRow, _ column: LoadingColumn, _ read: (String, LoadingColumn) throws(RowProblem) -> Value
  ) throws(RowProblem) -> Value {
    guard let text = text(raw, column) else { throw .missing(column) }
    return try read(text, column)
  }

  private func optional<Value>(
    _ raw: RawRow, _ column: LoadingColumn, _ read: (String, LoadingColumn) throws(RowProblem) -> Value
  ) throws(RowProblem) -> Value? {
    guard let text = text(raw, column) else { return nil }
    return try read(text, column)
  }

  private func participant(_ raw: RawRow, _ column: LoadingColumn) throws(RowProblem) -> ParticipantID {
    guard let text = text(raw, column) else { throw .missing(column) }
    guard let id = try? ParticipantID(text) else {
      throw RowProblem(column, "participant", "it is no participant identifier, as in 0203:kommun.example.se")
    }
    return id
  }

  private func mailbox(_ raw: RawRow) throws(RowProblem) -> FunctionalAddress? {
    guard let text = text(raw, .mailbox) else { return nil }
    guard let address = try? FunctionalAddress(text) else {
      throw RowProblem(.mailbox, "mailbox", "it is no functional address")
    }
    return address
  }

  private func person(_ raw: RawRow, issuer: ParticipantID) throws(RowProblem) -> PersonIdentityNumber {
    guard let text = text(raw, .person) else { throw .missing(.person) }
    let reading: IdentityReading
    do throws(IdentityProblem) {
      reading = try IdentityReading(text, at: now, issuer: issuer.comparable)
    } catch {
      throw RowProblem(error)
    }
    switch reading {
    case .person(let number):
      if let kind = self.text(raw, .personKind), kind != number.kind.rawValue {
        throw RowProblem(.personKind, "personKind", "the number is of another kind")
      }
      return number
    case .organisation: throw RowProblem(.person, "person.organisation", "it is an organisation's number")
    case .openCentury:
      throw RowProblem(.person, "person.century", "the century is open: write twelve digits, or the separator")
    }
  }

  private func date(_ text: String, _ column: LoadingColumn) throws(RowProblem) -> Date {
    if let day = Day(text) { return day.start }
    if let date = try? Date(text, strategy: .iso8601) { return date }
    throw RowProblem(column, "date", "it is neither a day, as in 2026-03-01, nor a time, as in 2026-03-01T08:00:00Z")
  }

  private func references(_ raw: RawRow) throws(RowProblem) -> [CaseReference] {
    var found: [CaseReference] = []
    for column in LoadingColumn.allCases {
      guard let (kind, owner) = column.reference, let text = text(raw, column) else { continue }
      guard let reference = CaseReference(kind, of: owner, text) else {
        throw RowProblem(column, "reference", "it is no reference of 1 to 256 visible characters")
      }
      // A system's id that is somebody's number would stand in plain.
      guard (try? IdentityReading(text, at: now))?.person == nil else {
        throw RowProblem(column, "identityNumber", "a reference may not be a person's identity number")
      }
      found.append(reference)
    }
    return found
  }

  private func events(_ raw: RawRow) throws(RowProblem) -> [CaseRow.Event] {
    guard let text = text(raw, .events) else { return [] }
    let parts = text.split(separator: "|", omittingEmptySubsequences: false)
    guard parts.count <= LoadingLimit.events else {
      throw RowProblem(.events, "events", "there are more than \(LoadingLimit.events) events")
    }
    var events: [CaseRow.Event] = []
    for part in parts { events.append(try event(part.split(separator: " ").map(String.init))) }
    return events
  }

  private func event(_ words: [String]) throws(RowProblem) -> CaseRow.Event {
    guard words.count == 3, let kind = EventKind(rawValue: words[0]), words[2].unicodeScalars.count <= 256 else {
      throw RowProblem(
        .events, "events", "an event is a kind, a day and an id with spaces between; events have | between")
    }
    return CaseRow.Event(kind: kind, occurred: try date(words[1], .events), reference: words[2])
  }

  private func protection(_ raw: RawRow) throws(RowProblem) -> Protection? {
    guard let text = text(raw, .protection) else { return nil }
    let words = text == "none" ? [] : text.split(separator: " ").map(String.init)
    let marks = words.compactMap(ProtectionMark.init(rawValue:))
    guard marks.count == words.count else {
      throw RowProblem(.protection, "protection", "it is none, secrecyMark, protectedRegistration or both of these")
    }
    return Protection(Set(marks), source: .file, checked: try needed(raw, .protectionChecked, date))
  }
}
