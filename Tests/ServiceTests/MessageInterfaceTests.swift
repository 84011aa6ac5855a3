import Foundation
import JWTKit
import SDKRelay
import Testing

@testable import Mailbox
@testable import Service

@Suite("The MT–MK interface", .serialized)
struct MessageInterfaceTests {
  @Test("SDK-API-01, 02, 03, 04: a case system sends, watches the status, and another one lists, fetches and takes")
  func sequence() async throws {
    try await ServiceKit.with { kit in
      let (sender, recipient) = (try await kit.token(at: 0), try await kit.token(at: 1))
      let file = Data("%PDF-1.4\n".utf8) + Data(repeating: 0x20, count: 100_001)
      let body = try kit.creation { attributes in
        attributes["digitalDocument"] = [
          [
            "documentId": "1", "index": "1", "documentName": "Bilagor", "contentTextBody": ["Ett @-tecken @"],
            "contentFiles": [
              ["fileName": "plan.pdf", "contentType": "application/pdf", "content": file.base64EncodedString()],
              [
                "fileName": "två.pdf", "contentType": "application/pdf",
                "content": Data("%PDF-1.7\n".utf8).base64EncodedString(),
              ],
            ],
          ]
        ]
        var attention = attributes["senderAttention"] as! [String: Any]
        attention["referenceId"] = [["root": "dnr", "extension": "KV 2026/12", "label": "Vår referens"]]
        attention["attentionPerson"] = [
          ["root": "1.2.752.29.6.2.1", "extension": "SE0000000000-1", "label": "Handläggare"]
        ]
        attributes["senderAttention"] = attention
      }
      let sent = try await kit.request("POST", "/v1/sdk/messages", token: sender, body: body)
      #expect(sent.status == 201, "\(sent.text)")
      let location = try #require(sent.header("Location"))
      let id = try #require(location.split(separator: "/").last.map(String.init))
      #expect(location == "/sdk/messages/\(id)")

      let accepted = try await kit.listed("filter[messageStatus]=ACCEPTED", at: 0, token: sender)
      #expect(accepted.first?["id"] as? String == id)
      let new = try await kit.listed("filter%5BmessageStatus%5D=NEW", at: 1, token: recipient)
      let listed = try #require(new.first?["attributes"] as? [String: Any])
      #expect(listed["digitalDocument"] == nil && listed["label"] as? String == "Ansökan")

      let got = try await kit.request("GET", "/v1/sdk/messages/\(id)", at: 1, token: recipient)
      #expect(got.status == 200 && got.header("Content-Length") == "\(got.bytes.count)")
      let attributes = try #require((got.json["data"] as? [String: Any])?["attributes"] as? [String: Any])
      let document = try #require((attributes["digitalDocument"] as? [[String: Any]])?.first)
      let files = try #require(document["contentFiles"] as? [[String: String]])
      #expect(
        document["contentTextBody"] as? [String] == ["Ett @-tecken @"]
          && document["documentName"] as? String == "Bilagor")
      #expect(files.map { $0["fileName"] } == ["plan.pdf", "två.pdf"])
      #expect(files[0]["content"].flatMap { Data(base64Encoded: $0) } == file)
      let attention = try #require(attributes["senderAttention"] as? [String: Any])
      #expect((attention["referenceId"] as? [[String: String]])?.first?["extension"] == "KV 2026/12")
      #expect((attention["attentionPerson"] as? [[String: String]])?.first?["label"] == "Handläggare")
      let issues = try #require((attributes["events"] as? [String: Any])?["eventIssues"] as? [[String: Any]])
      #expect(issues.first?["typeCode"] as? String == "NEW")
      let times = issues.compactMap { $0["dateTime"] as? String }
      #expect(times == times.sorted(by: >), "SDK-API-07: newest first")

      let lean = try await kit.request(
        "GET", "/v1/sdk/messages/\(id)?filter[contentFiles]=false&filter[contentBodyText]=false", at: 1,
        token: recipient)
      #expect(!lean.text.contains("contentFiles") && !lean.text.contains("contentTextBody"))

      #expect(try await kit.request("DELETE", "/v1/sdk/messages/\(id)", at: 1, token: recipient).status == 202)
      #expect(try await kit.request("GET", "/v1/sdk/messages/\(id)", at: 1, token: recipient).status == 404)
      #expect(try await kit.request("DELETE", "/v1/sdk/messages/\(id)", at: 1, token: recipient).status == 404)
      #expect(try await kit.request("GET", "/v1/sdk/messages", at: 1, token: recipient).messages.isEmpty)
      // Taken is not culled: retention decides over content.
      #expect(try kit.nodes[1].service.relay.messages().first?.content.files.count == 2)
    }
  }

  @Test("SDK-API-05, W4: a client sends, sees and takes for its own mailboxes only, and elsewhere nothing is there")
  func ownMailboxes() async throws {
    try await ServiceKit.with { kit in
      let token = try await kit.token()
      let foreign = try kit.creation { attributes in
        attributes["senderAttention"] = [
          "subOrganization": ["extension": kit.nodes[0].neighbour.address.value]
        ]
      }
      let refused = try await kit.request("POST", "/v1/sdk/messages", token: token, body: foreign)
      #expect(refused.status == 400)
      #expect(try kit.nodes[0].service.relay.messages().isEmpty)

      // A message to the neighbouring mailbox.
      let body = try kit.creation { attributes in
        attributes["recipientAttention"] = [
          "subOrganization": ["extension": kit.nodes[1].neighbour.address.value]
        ]
      }
      let sent = try await kit.request("POST", "/v1/sdk/messages", token: token, body: body)
      let id = try #require(sent.header("Location")?.split(separator: "/").last.map(String.init))
      _ = try await kit.listed("filter[messageStatus]=ACCEPTED", at: 0, token: token)
      let stranger = try await kit.token(at: 1)
      for (method, path) in [("GET", "/v1/sdk/messages/\(id)"), ("DELETE", "/v1/sdk/messages/\(id)")] {
        let answer = try await kit.request(method, path, at: 1, token: stranger)
        let nothing = try await kit.request(method, "/v1/sdk/messages/\(UUID().uuidString)", at: 1, token: stranger)
        #expect(answer.status == 404 && answer.text == nothing.text)
      }
      #expect(try await kit.request("GET", "/v1/sdk/messages", at: 1, token: stranger).messages.isEmpty)

      // A grant that ends denies at once, with a token that still holds.
      let grants = try kit.nodes[0].service.grants(for: .operator("test"))
      for grant in grants { _ = try await kit.nodes[0].service.endGrant(grant.number, by: .operator("test")) }
      #expect(try await kit.request("GET", "/v1/sdk/messages/\(id)", token: token).status == 404)
      #expect(try await kit.request("GET", "/v1/sdk/messages", token: token).messages.isEmpty)
      #expect(try await kit.request("POST", "/v1/sdk/messages", token: token, body: kit.creation()).status == 400)
    }
  }

  @Test("SDK-API-06: assertions and tokens count only as they must")
  func tokens() async throws {
    try await ServiceKit.with { kit in
      #expect(try await kit.request("GET", "/v1/sdk/messages").header("WWW-Authenticate") == "Bearer")
      #expect(try await kit.request("GET", "/v1/sdk/messages", token: "x.y.z").status == 401)

      let once = try await kit.assertion()
      #expect(try await kit.askForToken(once).status == 200)
      #expect(try await kit.askForToken(once).status == 401, "used twice")
      let bad: [String] = [
        try await kit.assertion(key: ES256PrivateKey()), try await kit.assertion(client: "nobody"),
        try await kit.assertion(audience: "https://other.example.se"), try await kit.assertion(lifetime: -1),
        try await kit.assertion(lifetime: 7_200), "x", "",
      ]
      for assertion in bad { #expect(try await kit.askForToken(assertion).status == 401) }
      #expect(try await kit.askForToken(kit.assertion(), scope: "urn:sdk.api:everything").status == 400)

      let narrow = try await kit.token(scope: "urn:sdk.api:getMessageByFilter")
      #expect(try await kit.request("GET", "/v1/sdk/messages", token: narrow).status == 200)
      let refused = try await kit.request("POST", "/v1/sdk/messages", token: narrow, body: kit.creation())
      #expect(refused.status == 401 && refused.header("WWW-Authenticate")?.contains("insufficient_scope") == true)
      // One node's token is nobody's at the other.
      #expect(try await kit.request("GET", "/v1/sdk/messages", at: 1, token: narrow).status == 401)

      let basic = Data("with-secret:\(kit.nodes[0].secret)".utf8).base64EncodedString()
      let form = Array("grant_type=client_credentials&scope=urn:sdk.api:sendMessage".utf8)
      let type = "application/x-www-form-urlencoded"
      let known = try await kit.request(
        "POST", "/oauth/token", type: type, body: form, headers: [("Authorization", "Basic \(basic)")])
      #expect(known.status == 200 && known.json["scope"] as? String == "urn:sdk.api:sendMessages")
      #expect((known.json["expires_in"] as? Int).map { $0 <= 1_800 } == true)
      let unknown = try await kit.request(
        "POST", "/oauth/token", type: type, body: form,
        headers: [("Authorization", "Basic \(Data("with-secret:x".utf8).base64EncodedString())")])
      #expect(unknown.status == 401)

      let token = try await kit.token()
      try await kit.nodes[0].service.revokeClient(ServiceKit.client, by: .operator("test"))
      #expect(try await kit.request("GET", "/v1/sdk/messages", token: token).status == 401, "revoked")
    }
  }

  @Test("SDK-API-07, 08, W8, W9: what is wrong is named, within the lengths, without content and without a 5xx")
  func wrong() async throws {
    try await ServiceKit.with { kit in
      let token = try await kit.token()
      let secret = "hemligt-innehåll"
      let cases: [(String, (inout [String: Any]) -> Void)] = [
        ("messageStatus", { $0["messageStatus"] = "NEW" }), ("messageId", { $0["messageId"] = secret }),
        ("conversationId", { $0["conversationId"] = secret }), ("sender", { $0["sender"] = secret }),
        ("data.attributes.label", { $0["label"] = nil }),
        ("data.attributes.confidentiality", { $0["confidentiality"] = secret }),
        ("creationDateTime", { $0["creationDateTime"] = secret }),
        (
          "contentFiles.content",
          {
            $0["digitalDocument"] = [
              [
                "documentId": "1",
                "contentFiles": [["fileName": "a.pdf", "contentType": "application/pdf", "content": secret]],
              ]
            ]
          }
        ),
        ("senderAttention.subOrganization.extension", { $0["senderAttention"] = ["subOrganization": [String: Any]()] }),
        ("generatingSystem", { $0["generatingSystem"] = ["root": secret] }),
      ]
      for (place, change) in cases {
        let answer = try await kit.request("POST", "/v1/sdk/messages", token: token, body: kit.creation(change))
        let issue = (answer.json["eventIssues"] as? [[String: Any]])?.first
        #expect(answer.status == 400 && issue?["in"] as? String == place, "\(place): \(answer.text)")
        #expect(!answer.text.contains(secret))
      }
      let long = try await kit.request(
        "POST", "/v1/sdk/messages", token: token,
        body: kit.creation { $0["label"] = String(repeating: "x", count: 257) })
      #expect(long.status == 400 && !long.text.contains("xxxx"))
      let names = ["../../etc/passwd", "a\u{0}b.pdf", "'; DROP TABLE message; --.pdf", "\r\nSet-Cookie: a=b.pdf"]
      for name in names {
        let answer = try await kit.request(
          "POST", "/v1/sdk/messages", token: token,
          body: kit.creation {
            $0["digitalDocument"] = [
              [
                "documentId": "1",
                "contentFiles": [["fileName": name, "contentType": "application/pdf", "content": "JVBERi0xLjQK"]],
              ]
            ]
          })
        #expect([201, 400].contains(answer.status), "\(answer.text)")
      }
      let deep = Array(String(repeating: "[", count: 100_000).utf8)
      for body in [deep, Array("{".utf8), Array("null".utf8), [0xFF, 0xFE], []] {
        #expect(try await kit.request("POST", "/v1/sdk/messages", token: token, body: body).status == 400)
      }
      for query in [
        "filter[messageStatus]=READ", "filter[x]=1", "page[size]=0", "page[size]=501", "page[after]=-1", "a",
        "filter[creationDateTimeStart]=yesterday", "filter[messageStatus]=NEW'--", "%ff=%ff",
      ] {
        #expect(try await kit.request("GET", "/v1/sdk/messages?\(query)", token: token).status == 400, "\(query)")
      }
      #expect(
        try await kit.request("GET", "/v1/sdk/messages?filter[messageStatus]=ERROR", token: token).messages.isEmpty)
      for path in ["/v1/sdk/messages/x", "/v1/sdk/messages/..%2f..%2fetc", "/v1/sdk", "/"] {
        #expect(try await kit.request("GET", path, token: token).status == 404, "\(path)")
      }
      let patch = try await kit.request("PATCH", "/v1/sdk/messages", token: token)
      #expect(patch.status == 405 && patch.header("Allow") == "GET, POST")
    }
  }

  @Test("a message id is used once, also by many at once")
  func once() async throws {
    try await ServiceKit.with { kit in
      let token = try await kit.token()
      let id = UUID().uuidString.lowercased()
      let body = try kit.creation { $0["messageId"] = id }
      let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<8 {
          group.addTask { try await kit.request("POST", "/v1/sdk/messages", token: token, body: body).status }
        }
        return try await group.reduce(into: [Int]()) { $0.append($1) }
      }
      #expect(statuses.filter { $0 == 201 }.count == 1 && statuses.filter { $0 == 400 }.count == 7, "\(statuses)")
      #expect(try kit.nodes[0].service.relay.messages().map(\.id.value) == [id])
    }
  }

  @Test("long lists are gone through page by page")
  func pages() async throws {
    try await ServiceKit.with { kit in
      let token = try await kit.token()
      var sent: [String] = []
      for _ in 0..<5 {
        let answer = try await kit.request("POST", "/v1/sdk/messages", token: token, body: kit.creation())
        sent.append(answer.header("Location").map { String($0.split(separator: "/").last!) } ?? "")
      }
      var seen: [String] = []
      var path: String? = "/v1/sdk/messages?page[size]=2"
      while let next = path {
        let answer = try await kit.request("GET", next, token: token)
        seen += answer.messages.compactMap { $0["id"] as? String }
        path = ((answer.json["links"] as? [String: String])?["next"]).flatMap { link in
          link.range(of: "/v1/").map { String(link[$0.lowerBound...]) }
        }
        #expect(seen.count <= 5)
        guard seen.count <= 5 else { break }
      }
      #expect(seen == sent)
    }
  }
}
