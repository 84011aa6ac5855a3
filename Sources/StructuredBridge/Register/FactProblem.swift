/// Why a fact is not taken. Nothing of it is stored then. The sentences hold no number and no name.
public enum FactProblem: String, Error, Hashable, Sendable, CustomStringConvertible, CaseIterable {
  /// The organisation is none of this node's.
  case foreignTenant
  /// Both sides are the same organisation.
  case sameParty
  /// The case is another person's.
  case otherPerson
  /// The case is with another organisation.
  case otherCounterparty
  /// The references belong to different cases.
  case severalCases
  /// No case has the reference.
  case unknownCase
  /// No person has the number.
  case unknownPerson
  /// The same id came before with other content.
  case contradiction
  /// The new number is another person's, and one of the two is or may be protected: nobody is merged then.
  case notMerged
  /// A published test number, in the production federation.
  case testNumber
  /// It lies further ahead than clocks differ.
  case future
  /// An id or a summary is empty or too long.
  case form
  /// Nobody is matched by the number, and no reference names the case.
  case noReference

  public var description: String {
    switch self {
    case .foreignTenant: "the organisation is none of this node's"
    case .sameParty: "both sides are the same organisation"
    case .otherPerson: "the case is another person's"
    case .otherCounterparty: "the case is with another organisation"
    case .severalCases: "the references belong to different cases"
    case .unknownCase: "no case has the reference"
    case .unknownPerson: "no person has the number"
    case .contradiction: "the same id came before with other content"
    case .notMerged: "the new number is another person's, and of protected persons none is merged"
    case .testNumber: "a test number, in the production federation"
    case .future: "it lies in the future"
    case .form: "an id or a summary is empty or too long"
    case .noReference: "nobody is matched by such a number, and no reference names the case"
    }
  }
}
