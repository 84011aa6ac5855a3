public import Mailbox

/// A kind of event that the parties tell each other of through the structured interface: the rows of the agreement's
/// tables. The bridge observes events; it never makes one, and no message becomes one.
public enum EventKind: String, Hashable, Sendable, Codable, CaseIterable {
  case needOfEducation, application, admission, decision, interruption, change, result, residentQuery,
    establishmentQuery

  /// Who knows first, and whose word counts.
  public enum Source: String, Hashable, Sendable, Codable {
    /// The employment service (Arbetsförmedlingen).
    case employmentService
    case municipality
  }

  /// Whom it is exchanged for.
  public enum Scope: String, Hashable, Sendable, Codable {
    /// Any applicant that the municipality asks for.
    case applicants
    /// Only those who were referred to education (anvisad).
    case referred
    /// All with studies under way, referred or not.
    case ongoingStudies
    /// Those with a decision on education.
    case decided
    /// Residents of the municipality.
    case residents
    /// Applicants for Swedish for immigrants (sfi).
    case languageApplicants
  }

  /// What the agreement says of a kind.
  struct Terms {
    let name: String
    let table: Int
    let source: Source
    let scope: Scope
    let trigger: String
    var follows: EventKind?
  }

  var terms: Terms {
    switch self {
    case .needOfEducation:
      Terms(
        name: "utbildningsbehov", table: 1, source: .employmentService, scope: .applicants,
        trigger: "an officer refers somebody to education")
    case .application:
      Terms(
        name: "ansökan", table: 1, source: .municipality, scope: .referred, trigger: "somebody referred has applied",
        follows: .needOfEducation)
    case .admission:
      Terms(
        name: "antagning eller mottagande", table: 1, source: .municipality, scope: .referred,
        trigger: "somebody referred is admitted or received", follows: .application)
    case .decision:
      Terms(
        name: "utbildningsbeslut", table: 1, source: .employmentService, scope: .ongoingStudies,
        trigger: "the employment service decides after an admission", follows: .admission)
    case .interruption:
      Terms(
        name: "avbrott", table: 1, source: .municipality, scope: .decided, trigger: "studies end early",
        follows: .decision)
    case .change:
      Terms(
        name: "förändring", table: 1, source: .municipality, scope: .decided,
        trigger: "dates or extent of studies change", follows: .decision)
    case .result:
      Terms(
        name: "resultat", table: 1, source: .municipality, scope: .decided, trigger: "a course is completed",
        follows: .decision)
    case .residentQuery:
      Terms(
        name: "kommuninvånare aktuella för studier", table: 2, source: .employmentService, scope: .residents,
        trigger: "the municipality asks from time to time")
    case .establishmentQuery:
      Terms(
        name: "etableringsfråga", table: 3, source: .employmentService, scope: .languageApplicants,
        trigger: "somebody applies for Swedish for immigrants")
    }
  }

  public var swedishName: String { terms.name }
  /// The agreement's table, 1 to 3.
  public var table: Int { terms.table }
  public var source: Source { terms.source }
  public var scope: Scope { terms.scope }
  /// When it is exchanged.
  public var trigger: String { terms.trigger }
  /// What usually comes before it; nil for what begins a case or stands alone.
  public var follows: EventKind? { terms.follows }
  /// Whether it usually is the last of a case.
  public var isEnd: Bool { self == .interruption || self == .result }

  /// The same in the words of agreements between mailboxes.
  public var information: InformationKind? { InformationKind(rawValue: rawValue) }

  /// Nil for what no table has.
  public init?(_ information: InformationKind) {
    self.init(rawValue: information.rawValue)
  }
}

/// Which kinds are exchanged already. The agreement's tables 2 and 3 were not live when it began on 1 March 2026.
public struct LiveKinds: Hashable, Sendable {
  public var residentQuery = false
  public var establishmentQuery = false

  public init() {}

  public func contains(_ kind: EventKind) -> Bool {
    switch kind {
    case .residentQuery: residentQuery
    case .establishmentQuery: establishmentQuery
    default: true
    }
  }
}
