import ArgumentParser
import Foundation
import SDKRelay
import XMLSecurity

struct ReceiptCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "receipt", abstract: "Look at a message receipt (meddelandekvittens).",
    subcommands: [ReceiptCheck.self])
}

struct ReceiptCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check a message receipt by rules R1-APP to R9-APP and show what it says.",
    discussion: """
      Prints one line a problem: rule, XPath and text; or the response code, the message it answers, one line a reason \
      and "valid".

      Example: sdkrelay receipt check receipt.xml
      """)

  @OptionGroup var input: InputFile
  @OptionGroup var output: Output

  func run() throws {
    let bytes = MemorySink(limit: Self.maximumBytes)
    do {
      try input.read(into: bytes)
    } catch is ByteLimitExceeded {
      throw CommandProblem.refused("\(input.file) is too large to be a receipt")
    }
    let view = ReceiptView(ReceiptReader.read(bytes.bytes))
    try output.result(view) { view.text }
    guard view.valid else { throw CommandProblem.refused("\(input.file) is invalid") }
  }

  private static let maximumBytes = 1 << 20
}

/// A receipt as the command line shows it; with `--json` exactly these fields.
struct ReceiptView: Encodable {
  struct Problem: Encodable {
    let rule: String
    let xpath: String
    let text: String
  }

  struct Line: Encodable {
    let lineID: String
    let cause: String
    let detail: String?
    let reason: String

    init(_ line: LineResponse) {
      lineID = line.lineID
      cause = line.causeCode
      detail = line.reasonCode
      reason = line.reason
    }
  }

  var valid = false
  var responseCode: String?
  /// The envelope id of the message that is answered.
  var documentReference: String?
  var sender: String?
  var receiver: String?
  var issued: Date?
  var lines: [Line] = []
  /// What is odd, but no reason to refuse the receipt.
  var notes: [String] = []
  var problems: [Problem] = []

  init(_ reading: ReceiptReading) {
    switch reading {
    case .unreadable(let problem):
      problems = [Problem(rule: "xml", xpath: PayloadProblem.nowhere, text: "\(problem)")]
    case .invalid(let found):
      problems = found.map { Problem(rule: $0.rule.rawValue, xpath: $0.xpath, text: $0.text) }
    case .valid(let receipt):
      valid = true
      responseCode = receipt.responseCode
      documentReference = receipt.documentReference
      (sender, receiver, issued) = (receipt.sender.value, receipt.receiver.value, receipt.issued)
      lines = receipt.lines.map(Line.init)
      if receipt.lines.contains(where: { $0.cause == nil }) {
        notes.append("\(ReceiptRule.causeCode.rawValue): a cause code is not SV, BV or SIG; it is taken as it is")
      }
    }
  }

  var text: String {
    guard valid else {
      return Table(header: [], rows: problems.map { [$0.rule, printable($0.xpath), printable($0.text)] }).text
    }
    return summary + "\nvalid"
  }

  /// What the receipt says, without a verdict.
  var summary: String {
    let head = "\(responseCode ?? "")  \(printable(documentReference ?? ""))"
    let table = lines.isEmpty ? [] : [Self.table(lines)]
    return ([head] + table + notes.map { "note: \($0)" }).joined(separator: "\n")
  }

  /// One line a reason, in columns: cause code, detail code, place and text, as the recipient wrote them.
  static func table(_ lines: [Line]) -> String {
    let rows = lines.map {
      ["  \(printable($0.cause))", printable($0.detail ?? "NA"), printable($0.lineID), printable($0.reason)]
    }
    return Table(header: [], rows: rows).text
  }
}
