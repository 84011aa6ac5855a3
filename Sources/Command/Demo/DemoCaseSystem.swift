import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import SDKRelay

/// A case system as a technical client is one: it knows a node by its published MT–MK interface, and nothing else.
struct DemoCaseSystem: Sendable {
  /// The interface's address, without a path.
  let address: String
  let id: String
  let secret: String

  /// A file as the interface carries it.
  struct File: Sendable {
    let name: String
    let bytes: Data
  }

  /// A message as the case system has fetched it.
  struct Fetched: Sendable {
    let id: String
    let texts: [String]
    let file: File
  }

  /// Hands a message in.
  /// - Returns: its id, out of the answer's `Location`.
  func send(_ draft: Draft, _ file: File) async throws -> MessageID {
    let response = try await request(.POST, "/v1/sdk/messages", body: try Self.creation(draft, file))
    guard response.status == .created, let location = response.headers.first(name: "location"),
      let id = location.split(separator: "/").last.flatMap({ MessageID(String($0)) })
    else { throw try await Self.refusal(response) }
    return id
  }

  /// What has come for the mailbox, and has not been taken yet.
  func arrived() async throws -> [MessageID] {
    let response = try await request(.GET, "/v1/sdk/messages?filter%5BmessageStatus%5D=NEW")
    guard let messages = try await Self.json(response)["data"] as? [[String: Any]] else { return [] }
    return messages.compactMap { ($0["id"] as? String).flatMap(MessageID.init) }
  }

  func fetch(_ id: MessageID) async throws -> Fetched {
    let response = try await request(.GET, "/v1/sdk/messages/\(id.value)")
    guard response.status == .ok else { throw try await Self.refusal(response) }
    let data = try await Self.json(response)["data"] as? [String: Any]
    let document = ((data?["attributes"] as? [String: Any])?["digitalDocument"] as? [[String: Any]])?.first
    guard let file = (document?["contentFiles"] as? [[String: Any]])?.first, let name = file["fileName"] as? String,
      let bytes = (file["content"] as? String).flatMap({ Data(base64Encoded: $0) })
    else { throw CommandProblem.refused("the message that was fetched has no file") }
    return Fetched(
      id: id.value, texts: document?["contentTextBody"] as? [String] ?? [], file: File(name: name, bytes: bytes))
  }

  /// Tells the node that the message is in the case system's own keeping.
  func take(_ id: MessageID) async throws {
    let response = try await request(.DELETE, "/v1/sdk/messages/\(id.value)")
    guard response.status == .accepted else { throw try await Self.refusal(response) }
  }

  // MARK: Requests

  private func request(
    _ method: HTTPMethod, _ path: String, body: Data? = nil
  ) async throws -> HTTPClientResponse {
    var request = HTTPClientRequest(url: address + path)
    request.method = method
    request.headers.add(name: "Authorization", value: "Bearer \(try await token())")
    if let body {
      request.headers.add(name: "Content-Type", value: "application/json")
      request.body = .bytes(ByteBuffer(bytes: body))
    }
    return try await HTTPClient.shared.execute(request, timeout: .seconds(30))
  }

  private func token() async throws -> String {
    var request = HTTPClientRequest(url: "\(address)/oauth/token")
    request.method = .POST
    request.setBasicAuth(username: id, password: secret)
    request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
    request.body = .bytes(ByteBuffer(string: "grant_type=client_credentials"))
    let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
    guard let token = try await Self.json(response)["access_token"] as? String else {
      throw CommandProblem.couldNotRun("the case system was given no token")
    }
    return token
  }

  private static func json(_ response: HTTPClientResponse) async throws -> [String: Any] {
    let bytes = try await response.body.collect(upTo: 100_000_000)
    return try JSONSerialization.jsonObject(with: Data(bytes.readableBytesView)) as? [String: Any] ?? [:]
  }

  /// The node's own sentence.
  private static func refusal(_ response: HTTPClientResponse) async throws -> CommandProblem {
    let detail = try await json(response)["detail"] as? String
    return .refused(detail ?? "the interface answered \(response.status.code)")
  }

  private static func creation(_ draft: Draft, _ file: File) throws -> Data {
    func attention(_ mailbox: Draft.Mailbox, _ references: [Draft.Reference] = []) -> [String: Any] {
      var attention: [String: Any] = [
        "subOrganization": ["root": FunctionalAddress.root, "extension": mailbox.address.value]
      ]
      if !references.isEmpty {
        attention["referenceId"] = references.map { ["root": $0.root, "extension": $0.value] }
      }
      return attention
    }
    let content: [String: Any] = [
      "documentId": "1", "contentTextBody": draft.documents.flatMap(\.texts),
      "contentFiles": [
        ["fileName": file.name, "contentType": "application/pdf", "content": file.bytes.base64EncodedString()]
      ],
    ]
    let attributes: [String: Any] = [
      "confidentiality": draft.isConfidential, "label": draft.subject, "sender": draft.sender.participant.value,
      "recipient": draft.recipient.participant.value, "senderAttention": attention(draft.sender, draft.references),
      "recipientAttention": attention(draft.recipient), "digitalDocument": [content],
    ]
    return try JSONSerialization.data(withJSONObject: ["data": ["type": "messages", "attributes": attributes]])
  }
}
