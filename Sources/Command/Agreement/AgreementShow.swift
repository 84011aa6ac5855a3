import ArgumentParser
import Foundation
import Mailbox
import SDKRelay

struct AgreementShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show an agreement: parties, mailboxes, and who may write to whom about what.",
    discussion: """
      Without --version it is the version in force now; where there is none, the next one to come, else the last one.

      Examples:
        sdkrelay agreement show komvux-arbetsformedlingen --config node.yaml
        sdkrelay agreement show komvux-arbetsformedlingen --version 1 --folder config/agreements --json
      """)

  @Argument(help: "The agreement's id.")
  var id: String
  @Option(help: "Which version.")
  var version: Int?
  @OptionGroup var place: AgreementFolderOption
  @OptionGroup var output: Output

  func run() throws {
    let agreement = try chosen(from: place.book(), at: .now)
    try output.result(agreement) { AgreementPage(agreement: agreement, now: .now).text }
  }

  private func chosen(from book: AgreementBook, at now: Date) throws -> Agreement {
    let versions = book.versions(of: id)
    guard let last = versions.last else {
      let known = book.ids.isEmpty ? "there are none" : "there are \(book.ids.joined(separator: ", "))"
      throw CommandProblem.refused("no agreement \(id): \(known)")
    }
    guard let version else {
      let today = Day(containing: now)
      return book.version(of: id, at: now) ?? versions.first { today < $0.validity.from } ?? last
    }
    guard let found = versions.first(where: { $0.version == version }) else {
      let known = versions.map { "\($0.version)" }.joined(separator: ", ")
      throw CommandProblem.refused("the agreement \(id) has no version \(version); it has \(known)")
    }
    return found
  }
}

/// An agreement for a person to read.
struct AgreementPage {
  let agreement: Agreement
  let now: Date

  var text: String {
    ([head.text] + agreement.parties.map(party) + [routes]).joined(separator: "\n\n")
  }

  private var head: Table {
    var table = Table(header: [])
    func add(_ name: String, _ value: String) { table.rows.append([name, printable(value)]) }
    add("Agreement", "\(agreement.reference) of \(agreement.date)")
    add("Title", agreement.title)
    let end = agreement.validity.to.map { "\($0)" } ?? "no end agreed"
    add("In force", "\(agreement.validity.from) – \(end) (\(state))")
    for rule in agreement.legalBasis { add("Legal basis", rule) }
    add(
      "Files", agreement.fileTypes.joined(separator: ", ") + "; together at most \(readableSize(agreement.maximumSize))"
    )
    add("Answer", "within \(agreement.answerWithinWorkingDays) working days")
    add("Kept", "\(agreement.retention.days) days: \(agreement.retention.rule)")
    return table
  }

  private var state: String {
    let today = Day(containing: now)
    if agreement.validity.contains(today) { return "in force today" }
    return today < agreement.validity.from ? "not yet in force" : "ended"
  }

  private func party(_ party: Agreement.Party) -> String {
    var table = Table(header: [])
    let administrator = party.administrator
    table.rows.append(["  Administrator", printable("\(administrator.name), \(administrator.contact)")])
    for mailbox in party.mailboxes {
      table.rows.append(["  Mailbox", printable("\(mailbox.name) (\(mailbox.address))")])
      table.rows.append(["", printable(mailbox.purpose)])
      table.rows.append(["", printable("\(mailbox.hours); \(mailbox.contact)")])
      let word = mailbox.protectedPersons ? "takes" : "does not take"
      table.rows.append(["", "\(word) messages on people with protected personal data"])
    }
    return printable("\(party.name) (\(party.participant))") + "\n" + table.text
  }

  private var routes: String {
    let lines = agreement.routes.map { route in
      "  \(route.from.address) → \(route.to.address)\n    " + route.kinds.map(\.rawValue).joined(separator: ", ")
    }
    return (["Who may write to whom, about what:"] + lines.map { printable($0, multiline: true) }).joined(
      separator: "\n")
  }
}
