import Foundation
import FoundationNetworking
import Testbed
import Testing

@testable import SDKRelay

/// A case system whose node dies while it hands a message in.
@Suite("04 Kill points of the interface", .serialized, .timeLimit(.minutes(3)))
struct InterfaceKillTests {
  @Test("Q9: a node killed while a case system hands a message in: repeated under its id, it is there and arrives once")
  func submission() async throws {
    let field = try KillField(furtherSettings: "service:\n  port: 0\n  tls: false\n")
    try await field.start(1)
    try await field.start(0)
    let client = try await CaseSystem(field)
    for point in KillPointTests.submitting {
      field.kill(0)
      try await field.start(0, killedAt: point)
      let id = MessageID.new()
      #expect(try await client.send(id, "\(point)") == nil, "\(point) was not passed")
      #expect(try await field.hasDied(0))
      try await field.start(0)
      // Whether it was taken before shows in the answer; either way it is there now.
      let answer = try await client.send(id, "\(point)")
      #expect(answer == ([.rowCommitted, .beforeReply].contains(point) ? 400 : 201), "\(point)")
      #expect(try await field.isDelivered(id), "\(point): not delivered")
      #expect(try field.messages("\(point)", on: 1).map(\.id) == [id], "\(point)")
      #expect(try field.messages("\(point)", on: 0).map(\.id) == [id], "\(point)")
    }
    try await field.stop(0)
    try await field.stop(1)
    try await field.expectNothingLeft()
  }
}

/// A technical client of the first node.
private struct CaseSystem {
  private let field: KillField
  private let secret: String

  init(_ field: KillField) async throws {
    self.field = field
    let own = field.federation.nodeA.organisation
    let result = try await Sdkrelay.run(
      "client", "add", "case-system", "--name", "System", "--organisation", own.id, "--scope", "sendMessages",
      "--mailbox", "\(own.id)/\(own.mailboxes[0].address)", "--config", field.federation.nodeA.settings.path, "--json")
    secret = try #require(try result.json()["secret"] as? String, "\(result.complaint)")
  }

  /// - Returns: the status of the answer; nil when the node died before it.
  func send(_ id: MessageID, _ subject: String) async throws -> Int? {
    let address = try await field.interface(0)
    var token = URLRequest(url: try #require(URL(string: "\(address)/oauth/token")))
    token.httpMethod = "POST"
    token.setValue(
      "Basic \(Data("case-system:\(secret)".utf8).base64EncodedString())", forHTTPHeaderField: "Authorization")
    token.setValue("application/x-www-form-urlencoded", forHTTPHeaderField: "Content-Type")
    token.httpBody = Data("grant_type=client_credentials".utf8)
    let (data, _) = try await URLSession.shared.data(for: token)
    let answer = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])

    var request = URLRequest(url: try #require(URL(string: "\(address)/v1/sdk/messages")))
    request.httpMethod = "POST"
    request.setValue("Bearer \(answer["access_token"] as? String ?? "")", forHTTPHeaderField: "Authorization")
    request.setValue("application/json", forHTTPHeaderField: "Content-Type")
    request.httpBody = try creation(id, subject)
    guard let (_, response) = try? await URLSession.shared.data(for: request) else { return nil }
    return (response as? HTTPURLResponse)?.statusCode
  }

  private func creation(_ id: MessageID, _ subject: String) throws -> Data {
    let (from, to) = (field.federation.nodeA.organisation, field.federation.nodeB.organisation)
    func attention(_ organisation: TestOrganisation) -> [String: Any] {
      ["subOrganization": ["root": FunctionalAddress.root, "extension": organisation.mailboxes[0].address]]
    }
    let file = Data(Array("%PDF-1.4\n\(KillField.marker)".utf8)).base64EncodedString()
    let document: [String: Any] = [
      "documentId": "1", "contentTextBody": [KillField.marker],
      "contentFiles": [["fileName": "plan.pdf", "contentType": "application/pdf", "content": file]],
    ]
    let attributes: [String: Any] = [
      "messageId": id.value, "confidentiality": false, "label": subject, "sender": from.id, "recipient": to.id,
      "senderAttention": attention(from), "recipientAttention": attention(to), "digitalDocument": [document],
    ]
    return try JSONSerialization.data(withJSONObject: ["data": ["type": "messages", "attributes": attributes]])
  }
}
