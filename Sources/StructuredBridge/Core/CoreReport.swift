public import Foundation
public import Mailbox

/// An event that the municipality tells of: application, admission, interruption, change or result.
public struct CoreReport: Hashable, Sendable {
  /// The event's id with the case system: 1 to 128 of A–Z, a–z, 0–9 and `. _ : -`. Told again under it, it is the same event.
  public let id: String
  public let kind: EventKind
  public let person: PersonIdentityNumber
  public let occurred: Date
  /// What the counterpart calls the case.
  public var caseID: String?
  /// The counterpart's case number.
  public var caseNumber: String?
  /// The case system's own id of the case.
  public var ownReference: String?
  public var course: CoreCourse?

  /// - Throws: ``CoreProblem`` of kind `report` naming the field: a kind that is not the municipality's to tell, an id of other
  ///   characters, a number that nobody is matched by.
  public init(
    _ kind: EventKind, id: String, person: PersonIdentityNumber, occurred: Date
  ) throws(CoreProblem) {
    guard kind.source == .municipality else {
      throw CoreProblem(.report, fields: [CoreFieldProblem("kind", "is not the municipality's to tell")])
    }
    guard (1...128).contains(id.utf8.count), id.utf8.allSatisfy(Self.isPlain), !IdentityNumbers.areCertainlyIn(id)
    else {
      throw CoreProblem(
        .report,
        fields: [CoreFieldProblem("id", "must be 1 to 128 letters, digits and . _ : -, and no person's number")])
    }
    guard person.isMatchKey else {
      throw CoreProblem(
        .report, fields: [CoreFieldProblem("person", "must be a personnummer or samordningsnummer")])
    }
    self.id = id
    self.kind = kind
    self.person = person
    self.occurred = occurred
  }

  var operation: CoreOperation? { CoreOperation.allCases.first { $0.reported == kind } }

  func record(of organisation: OrganisationNumber) -> CoreRecord {
    var record = CoreRecord(id: id, organisation: organisation, person: person, kind: kind, occurred: occurred)
    (record.caseID, record.caseNumber, record.ownReference) = (caseID, caseNumber, ownReference)
    record.course = course
    return record
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: "._:-".utf8.contains(byte)
    }
  }
}

/// What an event says of the course: codes, days and names, nothing of the person.
public struct CoreCourse: Hashable, Sendable {
  public var name: String?
  public var code: String?
  /// The form of schooling, such as `sfi`.
  public var form: String?
  public var start: Day?
  public var end: Day?
  /// In percent of full time, 1 to 100.
  public var extent: Int?
  public var grade: String?
  /// Why studies ended or changed, as a code.
  public var reason: String?

  public init() {}

  /// What is shown of it. A text with something in it that looks like a person's number is left out.
  var summary: [String: String] {
    let all: [(String, String?)] = [
      ("course", name), ("courseCode", code), ("schoolForm", form), ("start", start?.description),
      ("end", end?.description), ("extent", extent.map { "\($0)" }), ("grade", grade), ("reason", reason),
    ]
    return all.reduce(into: [:]) { summary, entry in
      guard let value = entry.1, !IdentityNumbers.areIn(value) else { return }
      summary[entry.0] = value
    }
  }
}
