public import Foundation
public import SDKRelay

/// The structured exchange's interface at the counterpart, as a municipality uses it: everything that the agreement's tables
/// let it fetch, and everything they ask it to tell.
///
/// What is told is told by a case system that calls for it: no message ever becomes one of these calls. Questions of tables 2
/// and 3 are refused (``CoreProblem/Kind/notLive``) until ``LiveKinds`` switches them on.
public protocol StructuredCore: Sendable {
  /// Whether it answers, and as what.
  func ping(as user: CoreUser) async throws(CoreProblem) -> CoreAnswer<CoreStanding>
  /// A part of a list, after a cursor; from its beginning where there is none.
  func page(
    of list: CoreList, after cursor: CoreCursor?, of tenant: ParticipantID, as user: CoreUser
  ) async throws(CoreProblem) -> CoreAnswer<CorePage>
  /// The needs of education (utbildningsbehov) of one person.
  func needs(
    of person: PersonIdentityNumber, for tenant: ParticipantID, as user: CoreUser
  ) async throws(CoreProblem) -> CoreAnswer<[StructuredFact]>
  /// Whether the person takes part in the establishment programme (table 3).
  func establishment(
    of person: PersonIdentityNumber, for tenant: ParticipantID, as user: CoreUser
  ) async throws(CoreProblem) -> CoreAnswer<CoreEstablishment>
  /// Tells an event. The same report twice is told once: its id is the key.
  func tell(
    _ report: CoreReport, of tenant: ParticipantID, as user: CoreUser
  ) async throws(CoreProblem) -> CoreAnswer<CoreReceipt>
}

/// What is listed for an organisation.
public enum CoreList: String, Hashable, Sendable, CaseIterable {
  /// What there was before the first connection (basladdning): those referred who have applied or been admitted and have
  /// not begun.
  case firstLoading
  case needs
  /// Decisions on education, of all with studies under way.
  case decisions
  /// Residents of the municipality who may need education (table 2).
  case residents

  var operation: CoreOperation {
    switch self {
    case .firstLoading: .firstLoading
    case .needs: .needs
    case .decisions: .decisions
    case .residents: .residents
    }
  }
}

/// Where a list goes on, in the counterpart's words: 1 to 200 visible characters of ASCII.
public struct CoreCursor: Hashable, Sendable {
  public let value: String

  public init?(_ value: String) {
    guard (1...200).contains(value.utf8.count), value.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      return nil
    }
    self.value = value
  }
}

/// On whose behalf a call is made. It is for tracing only: the counterpart grants nothing for it.
public struct CoreUser: Hashable, Sendable {
  let value: String

  /// The node itself.
  public static let system = CoreUser(value: CoreNames.systemUser)

  private init(value: String) { self.value = value }

  /// A caseworker's signature: 2 to 20 letters and digits of ASCII; no identity number.
  public init?(signature: String) {
    let isPlain = signature.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
      case UInt8(ascii: "0")...UInt8(ascii: "9"): true
      default: false
      }
    }
    let digits = signature.utf8.count { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard isPlain, (2...20).contains(signature.utf8.count), digits < 6 else { return nil }
    value = signature
  }
}

/// An answer, with what its head says of it.
public struct CoreAnswer<Value: Sendable>: Sendable {
  public let value: Value
  public let head: CoreHead
}

/// What stands in the head of an answer.
public struct CoreHead: Hashable, Sendable {
  /// The call's id, which both sides log.
  public let tracking: UUID
  /// The HTTP status.
  public let status: Int
  /// How long the other side says it took, in milliseconds.
  public var responseTime: Int?
  /// The classes of the information, 1 to 4.
  public var confidentiality: Int?
  public var correctness: Int?
  public var availability: Int?
  public var traceability: Int?
}

/// How the core says it is.
public struct CoreStanding: Hashable, Sendable {
  public let version: String
  public let time: Date
}

/// A part of a list.
public struct CorePage: Hashable, Sendable {
  /// What it tells, in its order. Each is an observation: taking it twice is taking it once.
  public let facts: [StructuredFact]
  /// Where to go on, also where there is nothing more now.
  public let next: CoreCursor
  public let hasMore: Bool
}

/// The answer to the question of table 3.
public struct CoreEstablishment: Hashable, Sendable {
  public let participates: Bool
  public let checked: Date
  public let fact: StructuredFact
}

/// That the other side has taken a report.
public struct CoreReceipt: Hashable, Sendable {
  public let received: Date
  /// What the counterpart calls the case, where it says so.
  public let caseID: String?
  /// The same event as an observation, for the register.
  public let fact: StructuredFact
}
