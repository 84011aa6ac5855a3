import Foundation
import FoundationNetworking
import Mailbox
import SDKRelay
import Testbed
import XMLSecurity

/// How fast a node takes messages from case systems over the MT–MK interface, and delivers them to another node: two nodes
/// in processes of their own, every message durable before it is answered.
struct SubmissionRate {
  private let federation: TestFederation
  private let address: String
  private let sender: NodeProcess
  private let receiver: NodeProcess
  private let service: MailboxService
  private static let connections = 8

  init(folder: URL) async throws {
    federation = try TestFederation.create(in: folder.appending(path: "federation"))
    let port = try freePorts(1)[0]
    address = "http://127.0.0.1:\(port)"
    let settings = try String(contentsOf: federation.nodeA.settings, encoding: .utf8)
    try (settings + "service:\n  port: \(port)\n  tls: false\n").write(
      to: federation.nodeA.settings, atomically: true, encoding: .utf8)
    let binary = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    sender = try NodeProcess(binary: binary, node: federation.nodeA)
    receiver = try NodeProcess(binary: binary, node: federation.nodeB)
    try await sender.waitUntilReady()
    try await receiver.waitUntilReady()
    service = try MailboxService.open(NodeSettings(file: federation.nodeA.settings))
  }

  func printTable(_ count: Int) async throws {
    let token = try await token()
    let body = try creation()
    let nodes = [sender, receiver].map { ProcessFigures(id: $0.processIdentifier) }
    let before = nodes.map(\.processorTime).reduce(0, +)
    let start = ContinuousClock.now
    let times = try await submit(count, body, token)
    let taken = (ContinuousClock.now - start) / .seconds(1)
    try await waitUntilAccepted(count)
    let delivered = (ContinuousClock.now - start) / .seconds(1)
    let cpu = nodes.map(\.processorTime).reduce(0, +) - before
    print("## A case system's messages\n")
    print(
      """
      | messages | connections | taken a minute | delivered a minute | median ms to the answer | 99 % | CPU ms a message |
      |---|---|---|---|---|---|---|
      """)
    print(
      String(
        format: "| %d | %d | %.0f | %.0f | %.1f | %.1f | %.1f |", count, Self.connections, Double(count) / taken * 60,
        Double(count) / delivered * 60, median(times) * 1e3, times.sorted()[times.count * 99 / 100] * 1e3,
        cpu / Double(count) * 1e3))
    try await sender.stop()
    try await receiver.stop()
  }

  // MARK: The case system

  private func token() async throws -> String {
    let mailbox = try self.mailbox(federation.nodeA.organisation)
    let (secret, credential) = ClientCredential.newSecret()
    let id = try ClientID("case-system")
    _ = try await service.addClient(
      id, name: "Case system", of: mailbox.participant, scopes: [.sendMessages], credential: credential,
      by: .operator("benchmark"))
    _ = try await service.grant(.acting, to: .client(id), in: mailbox, by: .operator("benchmark"))
    var request = URLRequest(url: URL(string: "\(address)/oauth/token")!)
    request.httpMethod = "POST"
    request.setValue(
      "Basic \(Data("case-system:\(secret)".utf8).base64EncodedString())", forHTTPHeaderField: "Authorization")
    request.setValue("application/x-www-form-urlencoded", forHTTPHeaderField: "Content-Type")
    request.httpBody = Data("grant_type=client_credentials".utf8)
    let (data, _) = try await URLSession.shared.data(for: request)
    let answer = try JSONSerialization.jsonObject(with: data) as? [String: Any]
    guard let token = answer?["access_token"] as? String else { throw Steps.Failure(step: "token") }
    return token
  }

  /// Hands in so many, over a few connections at once.
  /// - Returns: the seconds from each request to its answer.
  private func submit(_ count: Int, _ body: Data, _ token: String) async throws -> [Double] {
    try await withThrowingTaskGroup(of: [Double].self) { group in
      for connection in 0..<Self.connections {
        group.addTask { [address] in
          let session = URLSession(configuration: .ephemeral)
          var request = URLRequest(url: URL(string: "\(address)/v1/sdk/messages")!)
          request.httpMethod = "POST"
          request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
          request.setValue("application/json", forHTTPHeaderField: "Content-Type")
          request.httpBody = body
          var times: [Double] = []
          for _ in stride(from: connection, to: count, by: Self.connections) {
            let start = ContinuousClock.now
            let (_, response) = try await session.data(for: request)
            guard (response as? HTTPURLResponse)?.statusCode == 201 else { throw Steps.Failure(step: "submission") }
            times.append((ContinuousClock.now - start) / .seconds(1))
          }
          return times
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
  }

  private func waitUntilAccepted(_ count: Int) async throws {
    let end = ContinuousClock.now + .seconds(600)
    var filter = MessageFilter(statuses: [.accepted], limit: count)
    filter.direction = .outgoing
    while try service.relay.messages(filter).count < count {
      guard ContinuousClock.now < end else { throw Steps.Failure(step: "delivery") }
      try await Task.sleep(for: .milliseconds(200))
    }
  }

  /// A text with a file of 10 kB.
  private func creation() throws -> Data {
    let (from, to) = (try mailbox(federation.nodeA.organisation), try mailbox(federation.nodeB.organisation))
    func attention(_ mailbox: MailboxID) -> [String: Any] {
      ["subOrganization": ["root": FunctionalAddress.root, "extension": mailbox.address.value]]
    }
    let file = Data(Array("%PDF-1.4\n".utf8) + randomBytes(10_000)).base64EncodedString()
    let attributes: [String: Any] = [
      "confidentiality": true, "label": "Benchmark", "sender": from.participant.value,
      "recipient": to.participant.value,
      "senderAttention": attention(from), "recipientAttention": attention(to),
      "digitalDocument": [
        [
          "documentId": "1", "contentTextBody": ["Text"],
          "contentFiles": [["fileName": "plan.pdf", "contentType": "application/pdf", "content": file]],
        ]
      ],
    ]
    return try JSONSerialization.data(withJSONObject: ["data": ["type": "messages", "attributes": attributes]])
  }

  private func mailbox(_ organisation: TestOrganisation) throws -> MailboxID {
    MailboxID(try ParticipantID(organisation.id), try FunctionalAddress(organisation.mailboxes[0].address))
  }
}
