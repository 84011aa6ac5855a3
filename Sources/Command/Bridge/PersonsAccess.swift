import ArgumentParser
import Foundation
import Mailbox
import SDKRelay
import StructuredBridge

struct PersonsAccess: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "access", abstract: "Say, or change, who may see what is about a protected person.",
    discussion: """
      Without a list, whoever holds the grant protectedPersons in a mailbox sees what is about protected persons there. A \
      person's access list names those who see instead, of those who work in the mailbox; it counts while the person counts as \
      protected, for what is there already too. The last one to leave leaves a list that nobody is on; --end takes it away.

      The person is named by a case's reference or by the node's pseudonym; a number is read from standard input, with - in \
      its place. For the operator, or with --as for a systemAdministrator; nobody puts themselves on a list. The audit trail \
      tells of it.

      Examples:
        sdkrelay persons access KOM-2026/12 --organisation 0203:komvux.kommun.example.se --config node.yaml
        sdkrelay persons access KOM-2026/12 --organisation 0203:komvux.kommun.example.se --add handlaggare-1 \\
          --add client:arendesystem --reason "Ansvarig handläggare utsedd." --config node.yaml
      """)

  @Argument(help: "A case's reference, a pseudonym, or - for a number on standard input.")
  var reference: String
  @Option(help: "The organisation of this node whose register is asked.")
  var organisation: String
  @Option(
    help: ArgumentHelp("Put a user, or a client:NAME, on the list; may be given several times.", valueName: "name"))
  var add: [String] = []
  @Option(
    help: ArgumentHelp("Take a user, or a client:NAME, off the list; may be given several times.", valueName: "name"))
  var remove: [String] = []
  @Flag(help: "End the list: the mailboxes' grants count again.")
  var end = false
  @Option(help: "Why, for the audit trail. Never personal data.")
  var reason: String?
  @OptionGroup var user: PerhapsActingUser
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  /// With `--json` exactly these fields.
  private struct View: Encodable {
    let person: String
    let standing: String
    let hasList: Bool
    let members: [Member]

    struct Member: Encodable {
      let name: String
      let added: Date
      let addedBy: String
    }
  }

  func validate() throws {
    if end, !add.isEmpty || !remove.isEmpty { throw ValidationError("--end goes with neither --add nor --remove.") }
  }

  func run() async throws {
    let (text, tenant) = (try PersonReference.read(reference), try ParticipantID(organisation))
    let bridge = try configurationFile.bridge()
    let principal = try user.principal()
    let change = PersonAccessChange(
      adding: try add.map(Self.holder), removing: try remove.map(Self.holder), isEnd: end)
    let found =
      change == PersonAccessChange()
      ? try await bridge.access(to: text, in: tenant, by: principal, through: user.through)
      : try await bridge.changeAccess(
        change, to: text, in: tenant, reason: reason, by: principal, through: user.through)
    guard let found else { throw CommandProblem.refused("nobody is known by that in the organisation's register") }
    let view = View(
      person: found.id.value, standing: found.standing.word, hasList: found.members != nil,
      members: (found.members ?? []).map {
        View.Member(name: $0.holder.text, added: $0.added, addedBy: $0.addedBy)
      })
    try output.result(view) { Self.text(view) }
  }

  private static func holder(_ text: String) throws -> Grant.Holder {
    let prefix = "client:"
    return text.hasPrefix(prefix)
      ? .client(try ClientID(String(text.dropFirst(prefix.count)))) : .user(try UserID(text))
  }

  private static func text(_ view: View) -> String {
    let standing = view.standing == "unprotected" ? "not protected: the list does not count" : view.standing
    guard view.hasList else {
      return "\(view.person)  (\(view.standing)) has no access list: whoever holds protectedPersons in a mailbox sees"
    }
    let table = Table(
      header: ["ON THE LIST", "SINCE", "BY"], rows: view.members.map { [$0.name, localTime($0.added), $0.addedBy] })
    return "\(view.person)  (\(standing))\n" + (view.members.isEmpty ? "Nobody is on the list." : table.text)
  }
}

/// How somebody names a person at the command line.
enum PersonReference {
  /// The text, or for `-` the first line of standard input.
  static func read(_ reference: String) throws -> String {
    if reference == "-" { return (readLine() ?? "").trimmingCharacters(in: .whitespaces) }
    if (try? IdentityReading(reference, at: .now)) != nil {
      throw CommandProblem.couldNotRun(
        "give a number on standard input, with - in its place: others can read a command")
    }
    return reference
  }
}
