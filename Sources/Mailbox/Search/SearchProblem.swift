/// Why a search is not made.
public enum SearchProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// More words begin as the last one does than can be looked for.
  case tooManyWords

  public var description: String {
    switch self {
    case .tooManyWords: "very many words begin so: write more letters of the last word"
    }
  }
}
