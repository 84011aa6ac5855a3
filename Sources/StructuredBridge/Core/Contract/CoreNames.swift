/// The structured core's names on the wire.
///
/// The counterpart's contract is not public. What stands in this folder is our own assumption of it, in the style of the
/// counterpart's published interfaces, and `config/core-api.yaml` describes the same. When the real contract is known, this
/// folder and that file change, and nothing else.
package enum CoreNames {
  /// The version, the last part of every address's root.
  package static let version = "v1"

  /// Headers of requests and answers.
  package enum Header {
    package static let clientID = "client_id"
    package static let clientSecret = "client_secret"
    package static let tracking = "AF-TrackingId"
    package static let system = "AF-SystemId"
    package static let user = "AF-EndUserId"
    /// The same as ``user``, which some calls about persons with protection ask for.
    package static let personUser = "PISA_ID"
    package static let environment = "AF-Environment"
    package static let idempotency = "Idempotency-Key"
    package static let responseTime = "AF-ResponseTime"
    package static let confidentiality = "AF-Confidentiality"
    package static let correctness = "AF-Correctness"
    package static let availability = "AF-Availability"
    package static let traceability = "AF-Traceability"
  }

  /// Parameters of lists.
  package enum Query {
    package static let organisation = "organisationsnummer"
    package static let after = "efter"
    package static let limit = "antal"
  }

  /// Keys of JSON objects.
  package enum Key {
    package static let version = "version"
    package static let time = "tid"
    package static let events = "handelser"
    package static let next = "fortsattning"
    package static let more = "fler"
    package static let id = "unikt_id"
    package static let organisation = "organisationsnummer"
    package static let person = "personnummer"
    package static let kind = "handelsetyp"
    package static let occurred = "tidpunkt"
    package static let caseID = "arendenummer"
    package static let caseNumber = "aktnummer_diariet"
    package static let ownReference = "kommunens_referens"
    package static let numberChange = "pagande_personnummerbyte"
    package static let course = "kurs"
    package static let courseName = "kursnamn"
    package static let courseCode = "kurskod"
    package static let schoolForm = "skolform"
    package static let start = "startdatum"
    package static let end = "slutdatum"
    package static let extent = "omfattning"
    package static let grade = "betyg"
    package static let reason = "orsakskod"
    package static let received = "mottagen"
    package static let participates = "deltar"
    package static let checked = "kontrollerad"
  }

  /// Keys of the error forms `ipfSimpleError` and `ipfBaseError`.
  package enum ErrorKey {
    package static let id = "error_id"
    package static let message = "message"
    package static let cause = "cause"
    package static let system = "system"
    package static let code = "code"
    package static let entries = "error"
    package static let field = "falt"
    package static let entryCode = "felkod"
    package static let operation = "operation"
    package static let requirement = "kravnummer"
    package static let text = "meddelande"
    package static let rule = "valideringsregelTyp"
    package static let ruleValue = "valideringsregelvarde"
    package static let entity = "entitetTyp"
    package static let entityID = "entitetId"
  }

  /// The end user of calls that no person stands behind.
  package static let systemUser = "*sys*"
  /// The environments, the last of which is the production one.
  package static let environments = ["U1", "I1", "T1", "T2", production]
  package static let production = "PROD"

  package static func kind(_ kind: EventKind) -> String {
    switch kind {
    case .needOfEducation: "UTBILDNINGSBEHOV"
    case .application: "ANSOKAN"
    case .admission: "ANTAGNING"
    case .decision: "UTBILDNINGSBESLUT"
    case .interruption: "AVBROTT"
    case .change: "FORANDRING"
    case .result: "RESULTAT"
    case .residentQuery: "INVANARSOKNING"
    case .establishmentQuery: "ETABLERINGSFRAGA"
    }
  }

  package static func kind(named name: String) -> EventKind? { EventKind.allCases.first { kind($0) == name } }
}
