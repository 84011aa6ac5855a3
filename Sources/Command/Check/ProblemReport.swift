import SDKRelay

/// The result of a check: with `--json` this object, else one line a problem – cause code, detail code, XPath, text.
struct ProblemReport: Encodable {
  struct Problem: Encodable {
    let cause: String
    let detail: String
    let xpath: String
    let text: String
    /// The rule's id in the project's documents.
    let rule: String

    init(_ problem: PayloadProblem) {
      cause = problem.cause.rawValue
      detail = problem.detail.rawValue
      xpath = problem.xpath
      text = problem.text
      rule = problem.rule
    }
  }

  let file: String
  let valid: Bool
  let problems: [Problem]

  init(file: String, problems: [PayloadProblem]) {
    self.file = file
    valid = problems.isEmpty
    self.problems = problems.map(Problem.init)
  }

  /// Prints the report; an invalid file is refused.
  func print(to output: Output) throws {
    try output.result(self) { valid ? "valid" : Self.table(problems) }
    guard valid else {
      let count = problems.count == 1 ? "1 problem" : "\(problems.count) problems"
      throw CommandProblem.refused("\(file) is invalid: \(count)")
    }
  }

  /// One line a problem, in columns.
  static func table(_ problems: [Problem]) -> String {
    Table(header: [], rows: problems.map { [$0.cause, $0.detail, printable($0.xpath), printable($0.text)] }).text
  }
}
