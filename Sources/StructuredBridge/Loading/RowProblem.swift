/// Why a row is not taken: a code for programs and a sentence. Neither holds anything of the row.
struct RowProblem: Error, Hashable, Sendable {
  let column: LoadingColumn?
  let code: String
  let sentence: String

  init(_ column: LoadingColumn?, _ code: String, _ sentence: String) {
    self.column = column
    self.code = code
    self.sentence = sentence
  }

  init(_ problem: FactProblem) { self.init(nil, problem.rawValue, problem.description) }

  init(_ problem: IdentityProblem) { self.init(.person, "person.\(problem.rawValue)", problem.description) }

  static func missing(_ column: LoadingColumn) -> RowProblem { .init(column, "missing", "the cell is empty") }
  static let quote = RowProblem(nil, "quote", "a quotation mark stands where none belongs, or the last one is missing")
  static let width = RowProblem(nil, "width", "it has another number of cells than the heading")
  static let json = RowProblem(nil, "json", "it is no JSON object of texts and events")
  static let unknownName = RowProblem(nil, "name", "a name in the object is not known")
  static func tooLong(_ column: LoadingColumn?) -> RowProblem {
    .init(column, "tooLong", "it is longer than \(LoadingLimit.cell) bytes")
  }
}

enum LoadingLimit {
  /// Bytes of a cell.
  static let cell = 8_192
  /// Bytes of a row in JSON.
  static let row = 65_536
  /// Rows of a transaction.
  static let batch = 1_000
  /// Events of a row.
  static let events = 50
}

/// A row that was refused, as reports have it.
public struct RowRefusal: Hashable, Sendable, Encodable {
  /// 1 for the first row after the heading.
  public let row: Int
  public let line: Int
  public let column: String?
  public let code: String
  public let sentence: String
}

/// Why a file cannot be loaded. The sentences hold nothing of the file.
public enum LoadingProblem: Error, Hashable, Sendable, CustomStringConvertible {
  case unreadable(String)
  case utf16
  case notUTF8
  case empty
  /// The position of a column whose name is not known.
  case unknownColumn(Int)
  case doubledColumn(String)
  case missingColumns([String])
  case noJSON(line: Int)
  /// The file became another one while it was read.
  case changed
  case interrupted(rows: Int)

  public var description: String {
    switch self {
    case .unreadable(let reason): "the file cannot be read: \(reason)"
    case .utf16: "the file is UTF-16: save it as UTF-8"
    case .notUTF8: "the file is not UTF-8, perhaps Latin-1 or Windows-1252: save it as UTF-8"
    case .empty: "the file is empty"
    case .unknownColumn(let place): "column \(place) has a name that is not known; docs/bridge.md has the names"
    case .doubledColumn(let name): "the column \(name) is there twice"
    case .missingColumns(let names): "the file lacks the columns \(names.joined(separator: ", "))"
    case .noJSON(let line): "line \(line): this is no array of JSON objects"
    case .changed: "the file changed while it was read: run the command again"
    case .interrupted(let rows): "interrupted after \(rows) rows: run the command again to go on"
    }
  }
}
