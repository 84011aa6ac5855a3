import ArgumentParser
import Foundation
import Mailbox
import SDKRelay

struct ClientCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "client", abstract: "Technical clients: the systems that send and fetch through the MT–MK interface.",
    subcommands: [ClientAdd.self, ClientRevoke.self, ClientList.self], defaultSubcommand: ClientList.self)
}

struct ClientAdd: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Add a client with its scopes and the mailboxes it acts for.",
    discussion: """
      With --jwks the client proves itself with signed assertions (private_key_jwt). Without, a secret is made and \
      printed this once: only its hash is kept.

      Example:
        sdkrelay client add arendesystem --name "Ärendesystemet" --organisation 0203:komvux.kommun.example.se \\
          --scope sendMessages --scope getMessage --mailbox 0203:komvux.kommun.example.se/sdk:antagning --jwks keys.json
      """)

  @Argument(help: "The client's name, its client_id.")
  var id: String
  @Option(help: "The name that people see.")
  var name: String
  @Option(help: "The organisation it belongs to.")
  var organisation: String
  @Option(help: "sendMessages, getMessage, getMessageByFilter or deleteMessage; may be given several times.")
  var scope: [String]
  @Option(
    help: ArgumentHelp("A mailbox it acts for; may be given several times.", valueName: "organisation/mailbox"))
  var mailbox: [String] = []
  @Flag(help: "Messages about protected persons too, in these mailboxes.")
  var protectedPersons = false
  @Option(help: ArgumentHelp("A file with its public keys, a JWK set.", valueName: "file"))
  var jwks: String?
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  func run() async throws {
    let scopes = try Set(scope.map(Self.scope))
    let mailboxes = try mailbox.map { try MailboxID($0) }
    let organisation = try ParticipantID(organisation)
    // Before anything is stored: a secret that is not printed is lost.
    guard mailboxes.allSatisfy({ $0.participant == organisation }) else { throw AccessProblem.otherOrganisation }
    let (secret, credential) = try credential()
    let service = try configurationFile.service(creating: true)
    for mailbox in mailboxes { try await service.checkKnown(mailbox) }
    let client = try await service.addClient(
      ClientID(id), name: name, of: organisation, scopes: scopes, credential: credential,
      by: commandOperator())
    var grants: [Grant] = []
    for mailbox in mailboxes {
      for kind in [Grant.Kind.acting] + (protectedPersons ? [.protectedPersons] : []) {
        grants.append(try await service.grant(kind, to: .client(client.id), in: mailbox, by: commandOperator()))
      }
    }
    let view = ClientView(client, grants, at: .now, secret: secret)
    try output.result(view) { view.text }
  }

  private func credential() throws -> (String?, ClientCredential) {
    guard let jwks else {
      let (secret, credential) = ClientCredential.newSecret()
      return (secret, credential)
    }
    let text = String(decoding: try NamedFile.read(jwks, limit: 100_000), as: UTF8.self)
    do {
      return (nil, try ClientCredential.publicKeys(text))
    } catch {
      throw CommandProblem.refused("\(jwks): \(error)")
    }
  }

  private static func scope(_ text: String) throws -> ClientScope {
    guard let scope = ClientScope(urn: text) ?? ClientScope(rawValue: text) ?? ClientScope(urn: "urn:sdk.api:\(text)")
    else {
      let names = ClientScope.allCases.map(\.rawValue).joined(separator: ", ")
      throw CommandProblem.couldNotRun("there is no scope \(text); scopes are \(names)")
    }
    return scope
  }
}

struct ClientRevoke: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke", abstract: "Revoke a client for good: no token of its counts from now on.",
    discussion: "Example: sdkrelay client revoke arendesystem --reason \"bytt system\"")

  @Argument(help: "The client.")
  var id: String
  @Option(help: "Why, for the audit trail. Never personal data.")
  var reason: String?
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  func run() async throws {
    let client = try ClientID(id)
    try await configurationFile.service().revokeClient(client, reason: reason, by: commandOperator())
    try output.result(Revoked(id: client.value, grant: nil)) { "\(client) revoked" }
  }
}

struct ClientList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the clients, their scopes and the mailboxes they act for.",
    discussion: "Example: sdkrelay client list --config node.yaml")

  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  func run() throws {
    let service = try configurationFile.service()
    let grants = try Dictionary(grouping: service.grants(for: commandOperator()), by: \.holder)
    let clients = try service.clients(for: commandOperator()).map {
      ClientView($0, grants[.client($0.id)] ?? [], at: .now)
    }
    try output.result(clients) {
      clients.isEmpty ? "There are no clients." : clients.map(\.text).joined(separator: "\n")
    }
  }
}

/// A technical client, as the command line shows it: with `--json` exactly these fields.
struct ClientView: Encodable {
  let id: String
  let name: String
  let organisation: String
  let scopes: [String]
  /// `keys` or `secret`.
  let credential: String
  let created: Date
  let revoked: Date?
  let grants: [GrantView]
  /// The new client's secret, which nobody can show again.
  let secret: String?

  init(_ client: Client, _ grants: [Grant], at now: Date, secret: String? = nil) {
    id = client.id.value
    name = client.name
    organisation = client.participant.value
    scopes = client.scopes.map(\.urn).sorted()
    credential = if case .keys = client.credential { "keys" } else { "secret" }
    created = client.created
    revoked = client.revoked
    self.grants = grants.map { GrantView($0, at: now) }
    self.secret = secret
  }

  var text: String {
    let state = revoked.map { "  revoked \(localTime($0))" } ?? ""
    let lines = [
      "\(id)  \(printable(name))  \(organisation)  \(credential)\(state)", "  \(scopes.joined(separator: " "))",
    ]
    let shown = secret.map { ["Secret, shown this once: \($0)"] } ?? []
    return (lines + grants.map(\.line) + shown).joined(separator: "\n")
  }
}
