import SDKRelay

/// The result of a check: with `--json` this object, else one line a problem – cause code, detail code, XPath, text.
struct ProblemReport: Encodable {
  struct Problem: Encodable {
    let cause: String
    let detail: String
    let xpath: String
    let text: String
  }

  let file: String
  let valid: Bool
  let problems: [Problem]

  init(file: String, problems: [PayloadProblem]) {
    self.file = file
    valid = problems.isEmpty
    self.problems = problems.map {
      Problem(cause: $0.cause.rawValue, detail: $0.detail.rawValue, xpath: $0.xpath, text: $0.text)
    }
  }

  var text: String {
    guard !valid else { return "valid" }
    return Table(header: [], rows: problems.map { [$0.cause, $0.detail, printable($0.xpath), printable($0.text)] }).text
  }

  /// Prints the report; an invalid file is refused.
  func print(to output: Output) throws {
    try output.result(self) { text }
    guard valid else {
      let count = problems.count == 1 ? "1 problem" : "\(problems.count) problems"
      throw CommandProblem.refused("\(printable(file)) is invalid: \(count)")
    }
  }
}
