import ArgumentParser
import Foundation
import SDKRelay
import StructuredBridge

struct IdentityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "identity", abstract: "Identity numbers of persons and organisations.",
    subcommands: [IdentityCheck.self])
}

struct IdentityCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Say what a number is, and whether it is well-formed.",
    discussion: """
      Takes every written form: ten or twelve digits, with -, + or spaces. Prints the kind and the form in which it is \
      stored, masked unless --show; or the reason why it is none, with exit code 1. With ten digits and no separator the \
      century is open: exit code 0, and one line a candidate. No register is asked.

      A number on the command line stays in the shell's history: give - and write it to standard input.

      Examples:
        sdkrelay identity check 299999-9994
        sdkrelay identity check - < number.txt
        sdkrelay identity check - --show --production < number.txt
      """)

  @Argument(help: "The number, or - for standard input.")
  var value: String
  @Flag(help: "Show the whole number of a person.")
  var show = false
  @Flag(help: "Refuse published test numbers, as a node in production does.")
  var production = false
  @OptionGroup var output: Output

  /// A number as the command shows it: with `--json` exactly these fields.
  private struct View: Encodable {
    let kind: String
    let canonical: String
    /// Whether people may be matched by it.
    let isMatchKey: Bool
    let isTestNumber: Bool

    init(_ number: PersonIdentityNumber, show: Bool) {
      kind = number.kind.rawValue
      canonical = show ? number.whole : number.masked
      isMatchKey = number.isMatchKey
      isTestNumber = KnownTestNumbers.contains(number)
    }

    init(_ number: OrganisationNumber) {
      (kind, canonical, isMatchKey, isTestNumber) = ("organisation", number.twelveDigits, false, false)
    }

    var line: String { "\(kind)  \(canonical)" + (isTestNumber ? "  (published test number)" : "") }
  }

  private struct Verdict: Encodable {
    let valid: Bool
    var reason: String?
    var explanation: String?
    /// Whether the century is open, and the numbers are candidates.
    var isCenturyOpen = false
    var numbers: [View] = []
  }

  func run() throws {
    let text = try value == "-" ? standardInput() : value
    do {
      let reading = try read(text)
      let isOpen = if case .openCentury = reading { true } else { false }
      let verdict = Verdict(valid: true, isCenturyOpen: isOpen, numbers: views(reading))
      try output.result(verdict) {
        ((isOpen ? ["the century is open, one of:"] : []) + verdict.numbers.map(\.line)).joined(separator: "\n")
      }
    } catch let problem as IdentityProblem {
      let verdict = Verdict(valid: false, reason: problem.rawValue, explanation: "\(problem)")
      try output.result(verdict) { "invalid: \(problem)" }
      throw CommandProblem.refused("the number is refused (\(problem.rawValue)): \(problem)")
    }
  }

  private func read(_ text: String) throws -> IdentityReading {
    let reading = try IdentityReading(text, at: Date())
    if production { for number in persons(reading) { try KnownTestNumbers.refuse(number, in: .sdk) } }
    return reading
  }

  private func standardInput() throws -> String {
    let bytes = try NamedFile.read(STDIN_FILENO, named: "standard input", limit: 200)
    return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private func persons(_ reading: IdentityReading) -> [PersonIdentityNumber] {
    switch reading {
    case .person(let number): [number]
    case .openCentury(let numbers): numbers
    case .organisation: []
    }
  }

  private func views(_ reading: IdentityReading) -> [View] {
    if case .organisation(let number) = reading { return [View(number)] }
    return persons(reading).map { View($0, show: show) }
  }
}
