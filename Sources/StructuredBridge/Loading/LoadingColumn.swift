/// The columns of a file of the first loading, and the names of the same in JSON.
enum LoadingColumn: String, CaseIterable, Hashable, Sendable {
  case organisation, counterparty, person, personKind, mailbox, opened, closed
  case ownCaseNumber, ownSystem, counterpartCaseNumber, counterpartSystem
  case events, protection, protectionChecked

  /// What a file without these cannot be a file of cases for.
  static let required: [LoadingColumn] = [.organisation, .counterparty, .person, .opened]

  /// The reference that the column holds; nil for the other columns.
  var reference: (kind: CaseReference.Kind, owner: CaseReference.Owner)? {
    switch self {
    case .ownCaseNumber: (.caseNumber, .own)
    case .ownSystem: (.system, .own)
    case .counterpartCaseNumber: (.caseNumber, .counterpart)
    case .counterpartSystem: (.system, .counterpart)
    default: nil
    }
  }
}

/// A row as it stands in the file.
struct RawRow: Sendable {
  /// 1 for the first row after the heading.
  var number: Int
  /// The line of the file that it begins on.
  var line: Int
  var cells: [LoadingColumn: String] = [:]
  /// Where the file is no text that can be read as a row.
  var problem: RowProblem?
}
