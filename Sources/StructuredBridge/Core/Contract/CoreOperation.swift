/// What can be asked of the structured core, and what can be told it.
package enum CoreOperation: String, CaseIterable, Sendable {
  case ping, needs, decisions, firstLoading, residents, needsOfPerson, establishment, application, admission,
    interruption, change, result

  /// Below the version.
  package var path: String {
    switch self {
    case .ping: "/status"
    case .needs: "/utbildningsbehov"
    // Numbers of persons stand in bodies: addresses end up in logs.
    case .needsOfPerson: "/utbildningsbehov/fraga"
    case .decisions: "/utbildningsbeslut"
    case .firstLoading: "/basladdning"
    case .residents: "/kommuninvanare"
    case .establishment: "/etableringsfraga"
    case .application: "/ansokningar"
    case .admission: "/antagningar"
    case .interruption: "/avbrott"
    case .change: "/forandringar"
    case .result: "/resultat"
    }
  }

  /// What it takes; nil where it is fetched with GET.
  package var request: CoreShape? {
    switch self {
    case .ping, .needs, .decisions, .firstLoading, .residents: nil
    case .needsOfPerson, .establishment: .personQuestion
    case .application, .admission, .interruption, .change, .result: .event
    }
  }

  package var answer: CoreShape {
    switch self {
    case .ping: .ping
    case .needs, .decisions, .firstLoading, .residents: .page
    case .needsOfPerson: .personEvents
    case .establishment: .establishment
    case .application, .admission, .interruption, .change, .result: .receipt
    }
  }

  package var method: String { request == nil ? "GET" : "POST" }
  /// Whether it changes something there, so that it carries a key and is answered with 201.
  package var isReport: Bool { reported != nil }

  /// The kind of event that it tells; nil where it asks.
  package var reported: EventKind? {
    switch self {
    case .application: .application
    case .admission: .admission
    case .interruption: .interruption
    case .change: .change
    case .result: .result
    default: nil
    }
  }

  /// The kinds of events that may be in its answer.
  package var kinds: Set<EventKind> {
    switch self {
    case .needs, .needsOfPerson: [.needOfEducation]
    case .decisions: [.decision]
    case .firstLoading: [.needOfEducation, .application, .admission]
    case .residents: [.residentQuery]
    default: []
    }
  }

  /// The parameters of the address, all in the contract's names.
  package var query: [String] {
    answer.name == CoreShape.page.name
      ? [CoreNames.Query.organisation, CoreNames.Query.after, CoreNames.Query.limit] : []
  }

  /// The agreement's kind that has to be live.
  var switched: EventKind? {
    switch self {
    case .residents: .residentQuery
    case .establishment: .establishmentQuery
    default: nil
    }
  }
}
