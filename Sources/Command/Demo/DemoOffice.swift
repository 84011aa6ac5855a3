import Foundation
import Mailbox
import SDKRelay
import Service
import StructuredBridge
import Testbed
import XMLSecurity

/// One of the demo's two offices: a mailbox, a caseworker and a case system.
struct DemoOffice: Sendable {
  let bridge: Bridge
  var service: MailboxService { bridge.mailbox }
  let mailbox: MailboxID
  let caseworker: Principal
  let caseSystem: DemoCaseSystem

  static let clientID = "arendesystem"

  /// Opens the node's data and adds whom the demo needs there.
  init(_ node: TestFederation.Node) async throws {
    let settings = try NodeSettings(file: node.settings)
    guard let interface = try ServiceSettings.read(node.settings) else {
      throw CommandProblem.couldNotRun("\(node.settings.path) has no section service")
    }
    bridge = try Bridge.open(settings, BridgeSettings.read(node.settings, federation: settings.federation))
    let organisation = try ParticipantID(node.organisation.id)
    mailbox = MailboxID(organisation, try FunctionalAddress(node.organisation.mailboxes[0].address))
    let user = try UserID("handlaggare")
    caseworker = .user(user)
    let secret = try Self.secret(node)
    caseSystem = DemoCaseSystem(
      address: "http://\(interface.host):\(interface.port)", id: Self.clientID, secret: secret)
    try await addUser(user)
    try await addClient(secret)
  }

  /// The case system's secret lies beside the node's keys, so that one may try the interface by hand.
  static func secretFile(_ node: TestFederation.Node) -> URL {
    node.folder.appending(path: "keys").appending(path: "\(clientID).secret")
  }

  private static func secret(_ node: TestFederation.Node) throws -> String {
    let file = secretFile(node)
    if let known = try? String(contentsOf: file, encoding: .utf8) { return known }
    let (secret, _) = ClientCredential.newSecret()
    try DemoFiles.write(secret, to: file)
    return secret
  }

  private func addUser(_ user: UserID) async throws {
    let `operator` = Principal.operator("demo")
    guard try !service.users(for: `operator`).contains(where: { $0.id == user }) else { return }
    _ = try await service.addUser(user, name: "Handläggare", of: mailbox.participant, by: `operator`)
    _ = try await service.grant(.role(.caseworker), to: .user(user), in: mailbox, by: `operator`)
  }

  private func addClient(_ secret: String) async throws {
    let (`operator`, id) = (Principal.operator("demo"), try ClientID(Self.clientID))
    guard try service.client(id) == nil else { return }
    _ = try await service.addClient(
      id, name: "Ärendesystemet", of: mailbox.participant, scopes: Set(ClientScope.allCases),
      credential: .secret(sha256: digest(.sha256, of: Array(secret.utf8))), by: `operator`)
    _ = try await service.grant(.acting, to: .client(id), in: mailbox, by: `operator`)
  }
}

/// Files of the demo, for their owner alone.
enum DemoFiles {
  static func write(_ text: String, to file: URL) throws { try write(Data(text.utf8), to: file) }

  static func write(_ bytes: Data, to file: URL) throws {
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o700])
    guard FileManager.default.createFile(atPath: file.path, contents: bytes, attributes: [.posixPermissions: 0o600])
    else { throw CommandProblem.couldNotRun("\(file.path) cannot be written") }
  }
}
