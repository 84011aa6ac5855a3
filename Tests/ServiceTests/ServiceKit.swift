import AsyncHTTPClient
import Foundation
import JWTKit
import Logging
import Mailbox
import NIOCore
import NIOHTTP1
import SDKRelay
import StructuredBridge
import Synchronization
import Testbed

@testable import Service

/// Two nodes of a test federation with their services, in this process, and a case system at each.
final class ServiceKit: Sendable {
  let nodes: [Node]
  private let folder: URL
  private let tasks: [Task<Void, any Error>]

  struct Node: Sendable {
    let service: MailboxService
    let mailbox: MailboxID
    let neighbour: MailboxID
    let address: String
    /// The service's own name, in assertions and tokens.
    let url = "https://mt.example.se"
    let key: ES256PrivateKey
    let secret: String
  }

  static let client = try! ClientID("case-system")

  static func with(_ body: (ServiceKit) async throws -> Void) async throws {
    let kit = try await ServiceKit()
    do {
      try await body(kit)
    } catch {
      await kit.stop()
      throw error
    }
    await kit.stop()
  }

  private init() async throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "service-\(UUID().uuidString)")
    var options = TestFederation.Options()
    options.keySizes = .quick
    options.furtherSettings = """
      limits:
        reserve: 0 B
      service:
        port: 0
        tls: false
        url: https://mt.example.se

      """
    let federation = try TestFederation.create(in: folder, options: options)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    var nodes: [Node] = []
    var tasks: [Task<Void, any Error>] = []
    for node in [federation.nodeA, federation.nodeB] {
      let read = try NodeSettings(file: node.settings)
      let bridge = try Bridge.open(read, BridgeSettings(federation: read.federation), logger: logger)
      let service = bridge.mailbox
      let settings = try ServiceSettings.read(node.settings)!
      let (ports, told) = AsyncStream.makeStream(of: Int.self)
      let server = try await APIServer(settings, bridge: bridge, logger: logger) { told.yield($0) }
      tasks.append(Task { try await service.run() })
      tasks.append(Task { try await server.run() })
      var port = 0
      for await value in ports {
        port = value
        break
      }
      nodes.append(try await Self.enrol(node, service, "http://127.0.0.1:\(port)"))
    }
    self.nodes = nodes
    self.tasks = tasks
  }

  /// A technical client with a key, and one with a secret, both acting for the organisation's first mailbox.
  private static func enrol(
    _ node: TestFederation.Node, _ service: MailboxService, _ address: String
  ) async throws -> Node {
    let organisation = try ParticipantID(node.organisation.id)
    let mailboxes = try node.organisation.mailboxes.map { MailboxID(organisation, try FunctionalAddress($0.address)) }
    let key = ES256PrivateKey()
    let parameters = key.parameters!
    let jwks = """
      {"keys": [{"kty": "EC", "crv": "P-256", "kid": "1", "alg": "ES256", "x": "\(parameters.x.base64url)", \
      "y": "\(parameters.y.base64url)"}]}
      """
    let (secret, credential) = ClientCredential.newSecret()
    let all = Set(ClientScope.allCases)
    for (id, credential) in [
      (client, try ClientCredential.publicKeys(jwks)), (try ClientID("with-secret"), credential),
    ] {
      _ = try await service.addClient(
        id, name: "Ärendesystem", of: organisation, scopes: all, credential: credential, by: .operator("test"))
      _ = try await service.grant(.acting, to: .client(id), in: mailboxes[0], by: .operator("test"))
    }
    return Node(
      service: service, mailbox: mailboxes[0], neighbour: mailboxes[1], address: address, key: key, secret: secret)
  }

  private func stop() async {
    for task in tasks { task.cancel() }
    for task in tasks { _ = try? await task.value }
    try? FileManager.default.removeItem(at: folder)
  }

  // MARK: Requests

  struct Answer {
    let status: Int
    let headers: [(String, String)]
    let bytes: [UInt8]

    var json: [String: Any] { (try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]) ?? [:] }
    var text: String { String(decoding: bytes, as: UTF8.self) }
    var messages: [[String: Any]] { json["data"] as? [[String: Any]] ?? [] }
    func header(_ name: String) -> String? { headers.first { $0.0.lowercased() == name.lowercased() }?.1 }
  }

  func request(
    _ method: String, _ path: String, at node: Int = 0, token: String? = nil, type: String? = "application/json",
    body: [UInt8]? = nil, headers: [(String, String)] = []
  ) async throws -> Answer {
    var request = HTTPClientRequest(url: nodes[node].address + path)
    request.method = .RAW(value: method)
    if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
    for (name, value) in headers { request.headers.add(name: name, value: value) }
    if let body {
      if let type { request.headers.add(name: "Content-Type", value: type) }
      request.body = .bytes(ByteBuffer(bytes: body))
    }
    let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
    let buffer = try await response.body.collect(upTo: 100_000_000)
    return Answer(
      status: Int(response.status.code), headers: response.headers.map { ($0.name, $0.value) },
      bytes: Array(buffer.readableBytesView))
  }

  func assertion(
    at node: Int = 0, client: String = ServiceKit.client.value, audience: String? = nil, key: ES256PrivateKey? = nil,
    lifetime: TimeInterval = 60, id: String = UUID().uuidString
  ) async throws -> String {
    let keys = JWTKeyCollection()
    await keys.add(ecdsa: key ?? nodes[node].key)
    return try await keys.sign(
      ClientAssertion(
        iss: .init(value: client), sub: .init(value: client), aud: .init(value: [audience ?? nodes[node].url]),
        exp: .init(value: .now.addingTimeInterval(lifetime)), jti: .init(value: id)))
  }

  func askForToken(_ assertion: String, scope: String? = nil, at node: Int = 0) async throws -> Answer {
    var form =
      "grant_type=client_credentials&client_assertion_type=\(ClientAssertion.type)&client_assertion=\(assertion)"
    if let scope { form += "&scope=\(scope)" }
    return try await request(
      "POST", "/oauth/token", at: node, type: "application/x-www-form-urlencoded", body: Array(form.utf8))
  }

  func token(at node: Int = 0, scope: String? = nil) async throws -> String {
    let answer = try await askForToken(assertion(at: node), scope: scope, at: node)
    return answer.json["access_token"] as? String ?? ""
  }

  /// A message from the first node's mailbox to the second's, with changes to its attributes.
  func creation(_ change: (inout [String: Any]) -> Void = { _ in }) throws -> [UInt8] {
    func attention(_ mailbox: MailboxID) -> [String: Any] {
      ["subOrganization": ["root": FunctionalAddress.root, "extension": mailbox.address.value]]
    }
    let (from, to) = (nodes[0].mailbox, nodes[1].mailbox)
    var attributes: [String: Any] = [
      "confidentiality": true, "label": "Ansökan", "sender": from.participant.value, "recipient": to.participant.value,
      "senderAttention": attention(from), "recipientAttention": attention(to),
      "digitalDocument": [["documentId": "1", "contentTextBody": ["# Hej\n\nText."]]],
    ]
    change(&attributes)
    let body: [String: Any] = ["data": ["type": "messages", "attributes": attributes]]
    return Array(try JSONSerialization.data(withJSONObject: body))
  }

  /// Waits until the list under the query holds something.
  func listed(_ query: String, at node: Int, token: String) async throws -> [[String: Any]] {
    let end = ContinuousClock.now + .seconds(20)
    while ContinuousClock.now < end {
      let answer = try await request("GET", "/v1/sdk/messages?\(query)", at: node, token: token)
      if !answer.messages.isEmpty { return answer.messages }
      try await Task.sleep(for: .milliseconds(50))
    }
    return []
  }
}

extension String {
  fileprivate var base64url: String {
    replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }
}
