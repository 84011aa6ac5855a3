import ArgumentParser
import Foundation
import Mailbox
import SDKRelay
import StructuredBridge

struct CasesShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show the cases with an id or a reference. Told in the audit trail.",
    discussion: """
      The reference is a case's id, an own opaque reference, a dnr or a system's id. Of a person who is protected, or may \
      be, id, time and state are shown alone; --reason opens the rest to whom it is for. With --as a case is shown that \
      belongs to a mailbox of the user's, or that a message belongs to that the user may list. Numbers are masked unless \
      --show. Exit code 1: there is no such case.

      Examples:
        sdkrelay cases show KOM-2026/12 --organisation 0203:kommun.example.se --config node.yaml
        sdkrelay cases show KOM-2026/12 --organisation 0203:kommun.example.se --reason "rättar en länk" --show
      """)

  @Argument(help: "The case's id or a reference. Never an identity number.")
  var reference: String
  @Option(help: "The organisation of this node whose case it is.")
  var organisation: String
  @OptionGroup var options: CaseReaderOptions
  @Flag(help: "Show the person's whole numbers.")
  var show = false
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  func run() async throws {
    let looks = try await configurationFile.bridge().look(
      at: PersonReference.read(reference), of: ParticipantID(organisation), whole: show, for: options.reader())
    guard !looks.isEmpty else { throw CommandProblem.refused("there is no such case") }
    let views = looks.map { CaseView($0, isWhole: show) }
    try output.result(views) { views.map(\.text).joined(separator: "\n\n") }
  }
}

/// A case, as the command line shows it: with `--json` exactly these fields.
struct CaseView: Encodable {
  let opened: Date
  let state: String
  /// Whether the rest is not shown, because the person is or may be protected.
  let masked: Bool
  let id: String
  var counterparty: String?
  var mailbox: String?
  var closed: Date?
  var persons: [String]?
  var protection: String?
  var references: [Reference]?
  var events: [Event]?

  struct Reference: Encodable {
    let kind: String
    let owner: String
    let value: String
  }

  struct Event: Encodable {
    let kind: String
    let source: String
    let occurred: Date
    let reference: String
    let confidentiality: Int?
  }

  init(_ look: CaseLook, isWhole: Bool) {
    opened = look.opened
    state = look.isOpen ? "open" : "closed"
    masked = look.details == nil
    id = look.id.value
    guard let details = look.details else { return }
    counterparty = details.record.counterparty.value
    mailbox = details.record.mailbox?.value
    closed = details.record.closed
    persons = details.numbers.map { isWhole ? $0.whole : $0.masked }
    protection = details.standing.word
    references = details.record.references.map {
      Reference(kind: $0.kind.rawValue, owner: $0.owner.rawValue, value: $0.value)
    }
    events = details.events.map {
      Event(
        kind: $0.kind.rawValue, source: $0.source.rawValue, occurred: $0.occurred, reference: $0.reference,
        confidentiality: $0.confidentiality)
    }
  }

  var text: String {
    let start = "\(state), opened \(localTime(opened))"
    if masked { return "case \(id)  \(start)  Skyddad uppgift" }
    var lines = ["case \(id)  \(start)" + (closed.map { ", closed \(localTime($0))" } ?? "")]
    lines.append("with \(counterparty ?? "")" + (mailbox.map { ", mailbox \($0)" } ?? ""))
    lines.append("person \((persons ?? []).joined(separator: ", "))  \(protection ?? "")")
    lines += (references ?? []).map { "reference \($0.owner) \($0.kind)  \($0.value)" }
    lines += (events ?? []).map {
      "event \(localTime($0.occurred))  \($0.kind)  \($0.reference)"
        + ($0.confidentiality.map { "  class \($0)" } ?? "")
    }
    return lines.map { printable($0) }.joined(separator: "\n")
  }
}
