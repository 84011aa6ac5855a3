import ArgumentParser
import Foundation
import Mailbox
import SDKRelay

/// Who runs the command, as the audit trail names them: the account's name on this machine.
func commandOperator() -> Principal {
  .operator(getpwuid(getuid()).flatMap { String(validatingCString: $0.pointee.pw_name) } ?? "uid \(getuid())")
}

/// What a grant is given in, and for how long.
struct GrantOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The mailbox.", valueName: "organisation/mailbox"))
  var mailbox: String?
  @Option(help: ArgumentHelp("The first moment it counts; now unless given.", valueName: "time"))
  var from: Moment?
  @Option(help: ArgumentHelp("The first moment it no longer counts; none unless given.", valueName: "time"))
  var until: Moment?
  @Option(help: "Why, for the audit trail. Never personal data.")
  var reason: String?

  func mailboxID() throws -> MailboxID? { try mailbox.map { try MailboxID($0) } }
}

/// A grant, as the command line shows it: with `--json` exactly these fields.
struct GrantView: Encodable {
  let number: Int64
  let holder: String
  let kind: String
  let organisation: String
  let mailbox: String?
  let start: Date
  let end: Date?
  let active: Bool

  init(_ grant: Grant, at now: Date) {
    number = grant.number
    holder =
      switch grant.holder {
      case .user(let id): id.value
      case .client(let id): id.value
      }
    kind = grant.kind.rawValue
    organisation = grant.participant.value
    mailbox = grant.mailbox?.value
    start = grant.start
    end = grant.end
    active = grant.isActive(at: now)
  }

  var line: String {
    let place = printable(mailbox.map { "\(organisation)/\($0)" } ?? organisation)
    let period = "from \(localTime(start))" + (end.map { " until \(localTime($0))" } ?? "")
    return "\(active ? " " : "-") grant \(number)  \(kind)  \(place)  \(period)"
  }
}
