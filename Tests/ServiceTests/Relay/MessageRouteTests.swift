import Foundation
import GRDB
import HTTPTypes
import Testing

@testable import Mailbox
@testable import SDKRelay
@testable import Service

@Suite("Messages, their work and their mailboxes through the node's own interface")
struct MessageRouteTests {
  @Test("a caseworker finds a message, opens it, works at it and is told when somebody else was first")
  func work() async throws {
    let kit = try await RelayKit()
    let (one, other) = (try await kit.user("u1"), try await kit.user("u2"))
    let message = try await kit.put { $0.marker = "antagning" }
    let found = try await kit.ask("POST", "/relay/v1/messages/search", token: one, json: ["words": "antagning"])
    #expect(found.list("messages").map { $0["id"] as? String } == [message.id.value] && found.json["next"] == nil)
    let path = "/relay/v1/messages/\(message.id.value)"
    let opened = try await kit.ask("GET", path, token: one)
    let documents = opened.list("documents")
    #expect(documents.first?["texts"] as? [String] == ["Text antagning"])
    #expect(opened.list("attachments").first?["number"] as? Int == 1)
    #expect(try await kit.ask("POST", "\(path)/seen", token: one).status == 204)
    func step(_ token: String, _ fields: [String: Any]) async throws -> RelayKit.Answer {
      try await kit.ask("POST", "\(path)/steps", token: token, json: fields)
    }
    #expect(try await step(one, ["step": "claim", "version": 0]).json["handler"] as? String == "u1")
    let stale = try await step(other, ["step": "claim", "version": 0])
    #expect(stale.status == 409 && stale.headers["content-type"] == "application/problem+json")
    #expect(try await step(other, ["step": "claim", "version": 1]).status == 409)
    #expect(try await step(one, ["step": "handOver", "version": 1, "user": "u2"]).json["version"] as? Int == 2)
    #expect(try await step(one, ["step": "handOver", "version": 2, "user": "nobody"]).status == 409)
    #expect(
      try await step(other, ["step": "tag", "version": 2, "tag": "ansökan"]).json["tags"] as? [String] == ["ansökan"])
    #expect(try await kit.ask("POST", "\(path)/notes", token: other, json: ["text": "Ringt."]).status == 204)
    #expect(try await step(other, ["step": "done", "version": 3]).json["done"] != nil)
    let handling = try await kit.ask("GET", "\(path)/handling", token: other)
    #expect(handling.list("notes").first?["text"] as? String == "Ringt.")
    #expect(handling.list("history").compactMap { $0["step"] as? String } == ["claim", "handOver", "tag", "done"])
    #expect(handling.list("seen").first?["user"] as? String == "u1")
    for wrong in [
      ["step": "claim"], ["step": "claim", "version": -1], ["step": "read", "version": 4],
      ["step": "handOver", "version": 4], ["step": "tag", "version": 4], ["step": "claim", "version": 4, "tag": "x"],
      ["step": "tag", "version": 4, "tag": "19121212-1212"],
    ] as [[String: Any]] { #expect(try await step(one, wrong).status == 400, "\(wrong)") }
    // Whoever marks it without the grant sees it no longer.
    #expect(try await step(other, ["step": "protect", "version": 4]).json["protected"] as? Bool == true)
    #expect(try await kit.ask("GET", path, token: other).status == 404)
    #expect(try await step(other, ["step": "unprotect", "version": 5, "reason": "fel"]).status == 404)
    let trusted = try await kit.user("u3", [.role(.caseworker), .protectedPersons])
    #expect(try await step(trusted, ["step": "unprotect", "version": 5]).status == 400)
    #expect(try await step(trusted, ["step": "unprotect", "version": 5, "reason": "fel"]).status == 200)
  }

  @Test("lists go page by page with sealed places, each once") func lists() async throws {
    let kit = try await RelayKit()
    let token = try await kit.user("u1")
    for _ in 0..<5 { try await kit.put() }
    func all(_ name: String, _ ask: (String?) async throws -> RelayKit.Answer) async throws -> [String] {
      var (seen, before) = ([String](), String?.none)
      repeat {
        let answer = try await ask(before)
        seen += answer.list(name).compactMap { $0["id"] as? String }
        before = answer.json["next"] as? String
      } while before != nil && seen.count <= 5
      return seen
    }
    let messages = try await all("messages") {
      try await kit.ask(
        "POST", "/relay/v1/messages/search", token: token,
        json: ["limit": 2].merging($0.map { ["before": $0] } ?? [:]) { $1 })
    }
    let conversations = try await all("conversations") {
      try await kit.ask(
        "GET", "/relay/v1/conversations?limit=2\($0.map { "&before=\($0)" } ?? "")", token: token)
    }
    #expect(messages.count == 5 && Set(messages).count == 5)
    #expect(conversations.count == 5 && Set(conversations).count == 5)
  }

  @Test("a thousand statuses at once; what is unknown and what is forbidden look alike, and one more is refused")
  func statuses() async throws {
    let kit = try await RelayKit()
    let token = try await kit.client("case-system")
    let (own, other) = (try await kit.put(), try await kit.put { $0.mailbox = RelayKit.neighbour })
    let unknown = (0..<998).map { _ in UUID().uuidString.lowercased() }
    let ids = [own.id.value.uppercased(), other.id.value] + unknown
    let answer = try await kit.ask("POST", "/relay/v1/messages/status", token: token, json: ["ids": ids])
    let items = answer.list("messages")
    #expect(items.count == 1_000)
    let copies = items.map { $0["copies"] as? [[String: Any]] ?? [] }
    #expect(copies[0].first?["status"] as? String == "NEW" && copies.dropFirst().allSatisfy(\.isEmpty))
    #expect(
      try await kit.ask("POST", "/relay/v1/messages/status", token: token, json: ["ids": ids + ids.prefix(1)]).status
        == 400)
    #expect(
      try await kit.ask("POST", "/relay/v1/messages/status", token: token, json: ["ids": [String]()]).status == 400)
  }

  @Test("W2, W8: an attachment is for saving, under a name that no header and no system takes for more")
  func attachments() async throws {
    let kit = try await RelayKit()
    let token = try await kit.user("u1")
    let names = [
      ("plan.pdf", "attachment; filename=\"plan.pdf\"; filename*=UTF-8''plan.pdf"),
      ("å\"ä.pdf", "attachment; filename=\"___.pdf\"; filename*=UTF-8''%C3%A5_%C3%A4.pdf"),
      ("../../etc/passwd", "attachment; filename=\"passwd\"; filename*=UTF-8''passwd"),
      (
        "a\r\nSet-Cookie: b=c.pdf",
        "attachment; filename=\"a__Set-Cookie_ b=c.pdf\"; filename*=UTF-8''a__Set-Cookie_%20b%3Dc.pdf"
      ),
      ("\u{202E}fdp.exe", "attachment; filename=\"_fdp.exe\"; filename*=UTF-8''_fdp.exe"),
      ("...", "attachment; filename=\"attachment\"; filename*=UTF-8''attachment"),
    ]
    for (name, expected) in names {
      let message = try await kit.put { $0.fileName = name }
      let path = "/relay/v1/messages/\(message.id.value)/attachments"
      let answer = try await kit.ask("GET", "\(path)/1", token: token)
      #expect(answer.status == 200 && answer.text == "bilaga vanlig")
      #expect(answer.headers["content-disposition"] == expected)
      #expect(answer.headers["x-content-type-options"] == "nosniff" && answer.headers["content-length"] == "13")
      #expect(answer.headers["content-security-policy"]?.hasPrefix("sandbox") == true)
      for number in ["0", "2", "-1", "x", "99999999999999999999"] {
        #expect(try await kit.ask("GET", "\(path)/\(number)", token: token).status == 404)
      }
    }
    #expect(Download.headers(name: "a", type: "text/html\r\nX: y")[.contentType] == "application/octet-stream")
  }

  @Test("what shows content is told of in the audit trail, and what is refused too") func audited() async throws {
    let kit = try await RelayKit()
    let (token, stranger) = (try await kit.user("u1"), try await kit.user("u2", in: RelayKit.neighbour))
    let message = try await kit.put()
    let path = "/relay/v1/messages/\(message.id.value)"
    for (who, place) in [
      (token, path), (token, "\(path)/attachments/1"), (token, "\(path)/receipts"), (stranger, path),
    ] {
      _ = try await kit.ask("GET", place, token: who)
    }
    let told = try kit.service.relay.read { db in
      try String.fetchAll(
        db,
        sql:
          "SELECT principal || ' ' || action || ' ' || coalesce(object, '') || ' ' || outcome FROM auditEntry ORDER BY 1"
      )
    }
    #expect(
      told == [
        "u1 message.read  done", "u1 message.read attachment 1 done", "u1 message.read receipts done",
        "u2 message.read  denied",
      ])
  }
}
