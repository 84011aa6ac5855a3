import Foundation
import SDKRelay
import Testing

@testable import Mailbox

/// An agreement's text between `0203:a.example.se` (boxes `a-one`, `a-two`) and `0203:b.example.se` (`b-one`), with
/// parts that tests replace.
struct AgreementText {
  var id = "ab"
  var version = 1
  var from = "2026-03-01"
  var to: String? = "2026-12-31"
  var routes = """
      - from: a-one
        to: b-one
        kinds: [application, other]
      - from: b-one
        to: a-one
        kinds: [decision]
    """

  var text: String {
    """
    id: \(id)
    version: \(version)
    date: 2026-02-10
    title: Utbyte
    validity:
      from: \(from)
      \(to.map { "to: \($0)" } ?? "# without end")
    legalBasis: [1 a § lagen (2000:625)]
    parties:
      - participant: 0203:a.example.se
        name: Kommunen
        administrator:
          name: Förvaltningen
          contact: forvaltning@a.example.se
        mailboxes:
          - address: a-one
            name: Antagningen
            purpose: Antagning
            hours: vardagar 8–16
            contact: antagning@a.example.se
            protectedPersons: true
          - address: a-two
            name: Rektorn
            purpose: Beslut
            hours: vardagar 8–16
            contact: rektor@a.example.se
      - participant: 0203:b.example.se
        name: Förmedlingen
        administrator:
          name: Samverkan
          contact: samverkan@b.example.se
        mailboxes:
          - address: b-one
            name: Utbildning
            purpose: Utbildning
            hours: vardagar 9–15
            contact: utbildning@b.example.se
    routes:
    \(routes)
    fileTypes: [application/pdf, image/png]
    maximumSize: 1 kB
    answerWithinWorkingDays: 5
    retention:
      days: 730
      rule: Två år
    """
  }

  func file(_ name: String = "ab.yaml") throws -> AgreementFile {
    try Self.file(text, name)
  }

  static func file(_ text: String, _ name: String = "ab.yaml") throws -> AgreementFile {
    try AgreementFile(SettingsFile.parse(text, file: name, folder: URL(filePath: "/srv")), name: name)
  }
}

/// A mailbox of the tests' organisations, such as `a-one` of `0203:a.example.se`.
func box(_ name: String, of letter: String? = nil) throws -> Draft.Mailbox {
  try Draft.Mailbox(ParticipantID("0203:\(letter ?? String(name.prefix(1))).example.se"), FunctionalAddress(name))
}

/// A time in UTC.
func time(_ text: String) throws -> Date { try Date(text, strategy: .iso8601) }

let pdf = AgreementPermission.Attachment(type: "application/pdf", size: 1_000)

extension AgreementBook {
  /// The reason for a refusal, or the version that allows.
  func answer(
    _ from: String, _ to: String, _ kind: InformationKind = .other, _ files: [AgreementPermission.Attachment] = [pdf],
    at date: String = "2026-06-01T12:00:00Z"
  ) throws -> String {
    switch permission(from: try box(from), to: try box(to), kind: kind, attachments: files, at: try time(date)) {
    case .allowed(let reference): "\(reference)"
    case .refused(let refusal): refusal.reason.rawValue
    }
  }
}
