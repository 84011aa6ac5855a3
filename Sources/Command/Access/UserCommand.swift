import ArgumentParser
import Foundation
import Mailbox
import SDKRelay

struct UserCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "user", abstract: "Who may work in which mailbox.",
    subcommands: [UserAdd.self, UserGrant.self, UserRevoke.self, UserSecret.self, UserList.self],
    defaultSubcommand: UserList.self)
}

struct UserAdd: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Add a user, who may do nothing yet.",
    discussion: """
      Example:
        sdkrelay user add handlaggare-1 --name "Handläggare 1" --organisation 0203:komvux.kommun.example.se
      """)

  @Argument(help: "The user's name for logging in; never an identity number.")
  var id: String
  @Option(help: "The name that others see.")
  var name: String
  @Option(help: "The organisation the user belongs to.")
  var organisation: String
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  func run() async throws {
    let user = try await configurationFile.service(creating: true).addUser(
      UserID(id), name: name, of: ParticipantID(organisation), by: commandOperator())
    try output.result(UserView(user, [], at: .now)) { "added \(user.id)" }
  }
}

struct UserGrant: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "grant", abstract: "Give a user a role in a mailbox.",
    discussion: """
      Roles: caseworker, mailboxAdministrator, registrar in a mailbox; systemAdministrator and auditor in a mailbox or, \
      without --mailbox, in the user's organisation. protectedPersons is no role: it opens messages about protected \
      persons to whoever has a role there. The mailbox stands in an agreement or, without agreements, in the directory.

      Example:
        sdkrelay user grant handlaggare-1 caseworker --mailbox 0203:komvux.kommun.example.se/sdk:antagning
      """)

  @Argument(help: "The user.")
  var id: String
  @Argument(help: "The role, or protectedPersons.")
  var role: String
  @OptionGroup var options: GrantOptions
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  func run() async throws {
    guard let kind = Grant.Kind(rawValue: role) else {
      let roles = Role.allCases.map(\.rawValue).joined(separator: ", ")
      throw CommandProblem.couldNotRun("there is no role \(role); roles are \(roles), and protectedPersons")
    }
    let grant = try await configurationFile.service().grant(
      kind, to: .user(UserID(id)), in: options.mailboxID(), from: options.from?.date, until: options.until?.date,
      reason: options.reason, by: commandOperator())
    let view = GrantView(grant, at: .now)
    try output.result(view) { view.line }
  }
}

struct UserRevoke: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke", abstract: "End a grant, or a user's access for good.",
    discussion: """
      It counts at once, in the middle of a session too. Nothing is removed: who could see what, and when, stays known.

      Examples:
        sdkrelay user revoke handlaggare-1 --grant 7
        sdkrelay user revoke handlaggare-1 --all --reason "har slutat"
      """)

  @Argument(help: "The user.")
  var id: String
  @Option(help: ArgumentHelp("The grant's number in `sdkrelay user list`.", valueName: "number"))
  var grant: Int64?
  @Flag(help: "End the user's access for good.")
  var all = false
  @Flag(help: "Also where it is the organisation's last systemAdministrator.")
  var last = false
  @Option(help: "Why, for the audit trail. Never personal data.")
  var reason: String?
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  func validate() throws {
    if (grant == nil) != all { throw ValidationError("Give either --grant or --all.") }
  }

  func run() async throws {
    let service = try configurationFile.service()
    let user = try UserID(id)
    if let grant {
      let isTheirs = try service.grants(for: commandOperator()).contains {
        $0.number == grant && $0.holder == .user(user)
      }
      guard isTheirs else { throw AccessProblem.unknown("the grant \(grant) of \(user)") }
      try await service.endGrant(grant, isLastMeant: last, reason: reason, by: commandOperator())
    } else {
      try await service.endUser(user, isLastMeant: last, reason: reason, by: commandOperator())
    }
    try output.result(Revoked(id: user.value, grant: grant)) {
      grant.map { "grant \($0) of \(user) ended" } ?? "\(user) ended"
    }
  }
}

struct UserList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the users and their grants; a hyphen marks what does not count now.",
    discussion: "Example: sdkrelay user list --config node.yaml")

  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  func run() throws {
    let service = try configurationFile.service()
    let grants = try Dictionary(grouping: service.grants(for: commandOperator()), by: \.holder)
    let users = try service.users(for: commandOperator()).map {
      UserView($0, grants[.user($0.id)] ?? [], at: .now)
    }
    try output.result(users) { users.isEmpty ? "There are no users." : users.map(\.text).joined(separator: "\n") }
  }
}

/// What was ended.
struct Revoked: Encodable {
  let id: String
  let grant: Int64?
}

/// A user, as the command line shows it: with `--json` exactly these fields.
struct UserView: Encodable {
  let id: String
  let name: String
  let organisation: String
  let created: Date
  let ended: Date?
  let grants: [GrantView]

  init(_ user: User, _ grants: [Grant], at now: Date) {
    id = user.id.value
    name = user.name
    organisation = user.participant.value
    created = user.created
    ended = user.ended
    self.grants = grants.map { GrantView($0, at: now) }
  }

  var text: String {
    let state = ended.map { "  ended \(localTime($0))" } ?? ""
    return (["\(id)  \(printable(name))  \(organisation)\(state)"] + grants.map(\.line)).joined(separator: "\n")
  }
}
