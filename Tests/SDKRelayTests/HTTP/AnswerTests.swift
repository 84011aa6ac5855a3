import Foundation
import NIOCore
import Testing

@testable import SDKRelay

@Suite("Answers of other access points")
struct AnswerTests {
  private func send(against answer: String) async throws -> Result<AS4Answer, TransportProblem> {
    try await withCannedServer(answer) { port in
      try await withClient { client in
        let url = try #require(URL(string: "http://127.0.0.1:\(port)/as4"))
        do throws(TransportProblem) {
          return .success(try await client.send(WireBody([1]), contentType: "multipart/related", to: url))
        } catch {
          return .failure(error)
        }
      }
    }
  }

  @Test("T8: a redirect is never followed", arguments: [301, 302, 303, 307, 308])
  func redirect(_ status: Int) async throws {
    let answer = "HTTP/1.1 \(status) Moved\r\nLocation: https://elsewhere.example.se/\r\nContent-Length: 0\r\n\r\n"
    // Judged like any other answer: no receipt, so the message goes again.
    #expect(try await send(against: answer).get() == AS4Answer(status: status, contentType: nil, body: []))
  }

  @Test(
    "T8: any other status is the caller's to judge, with type and bytes",
    arguments: [200, 202, 204, 400, 403, 500, 503])
  func statuses(_ status: Int) async throws {
    let body = status == 204 ? "" : "<html/>"
    let length = status == 204 ? "" : "Content-Length: \(body.utf8.count)\r\n"
    let answer = try await send(
      against: "HTTP/1.1 \(status) Word\r\nContent-Type: text/html\r\n\(length)Connection: close\r\n\r\n\(body)"
    ).get()
    #expect(answer == AS4Answer(status: status, contentType: "text/html", body: Array(body.utf8)))
  }

  @Test("an answer that is all there counts, though the connection ends before the message has left", arguments: 1...5)
  func early(_ round: Int) async throws {
    let text = "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 5\r\n\r\nearly"
    try await withCannedServer(text, lingers: true) { port in
      try await withClient { client in
        let url = try #require(URL(string: "http://127.0.0.1:\(port)/as4"))
        let message = WireBody([UInt8](repeating: 0, count: 20_000_000))
        let answer = try await client.send(message, contentType: "multipart/related", to: url)
        #expect(answer == AS4Answer(status: 200, contentType: "a/b", body: Array("early".utf8)))
      }
    }
  }

  @Test("an early answer that is cut short counts for nothing")
  func earlyAndShort() async throws {
    try await withCannedServer("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nearly", lingers: true) { port in
      try await withClient { client in
        let url = try #require(URL(string: "http://127.0.0.1:\(port)/as4"))
        let problem = await #expect(throws: TransportProblem.self) {
          try await client.send(WireBody([UInt8](repeating: 0, count: 20_000_000)), contentType: "a/b", to: url)
        }
        #expect(problem?.isTransient == true)
      }
    }
  }

  enum BrokenAnswer: CaseIterable {
    case nothing, cutShort, cutShortInChunks, otherProtocol, twoLengths, declaredTooLarge, endlessTooLarge

    var text: String {
      let large = String(repeating: "a", count: 3_000_000)
      return switch self {
      case .nothing: ""
      case .cutShort: "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"
      case .cutShortInChunks: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n"
      case .otherProtocol: "SSH-2.0-OpenSSH\r\n"
      case .twoLengths: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"
      case .declaredTooLarge: "HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n" + large
      case .endlessTooLarge: "HTTP/1.1 200 OK\r\n\r\n" + large
      }
    }
  }

  @Test("what is no whole answer of sensible size is a transient problem", arguments: BrokenAnswer.allCases)
  func broken(_ answer: BrokenAnswer) async throws {
    guard case .failure(let problem) = try await send(against: answer.text) else {
      Issue.record("taken for an answer")
      return
    }
    #expect(problem.isTransient)
    #expect([.answer, .connectionClosed].contains(problem.kind), "\(problem)")
  }

  @Test("nobody at the address is a transient problem")
  func refused() async throws {
    // Bound, so that no other test gets the port, but not listened on.
    let reserved = try ReservedPort()
    let port = reserved.port
    try await withClient { client in
      let url = try #require(URL(string: "http://127.0.0.1:\(port)/as4"))
      let problem = await #expect(throws: TransportProblem.self) {
        try await client.send(WireBody([1]), contentType: "a/b", to: url)
      }
      #expect(problem?.kind == .connect && problem?.isTransient == true)
      #expect(problem?.detail == "no connection: Connection refused", "a number says nothing to an operator")
    }
    withExtendedLifetime(reserved) {}
  }

  @Test("a name that does not exist is a transient problem")
  func unknownName() async throws {
    try await withClient { client in
      let url = try #require(URL(string: "https://ap.invalid/as4"))
      let problem = await #expect(throws: TransportProblem.self) {
        try await client.send(WireBody([1]), contentType: "a/b", to: url)
      }
      #expect(
        [.name, .connect].contains(problem?.kind) && problem?.isTransient == true, "\(String(describing: problem))")
    }
  }
}

@Suite("Peer addresses")
struct PeerAddressPolicyTests {
  @Test(
    "I8: only plain https addresses are taken",
    arguments: [
      "http://ap.example.se/as4", "file:///etc/passwd", "ftp://ap.example.se/", "https:///as4",
      "https://user@ap.example.se/as4", "https://user:secret@ap.example.se/as4", "https://ap.example.se/as4#part",
      "http://127.0.0.1/as4", "as4", "https://ap.example.se:22/as4",
    ])
  func refusedURLs(_ text: String) throws {
    let url = try #require(URL(string: text))
    let problem = #expect(throws: TransportProblem.self) {
      try PeerAddressPolicy(ports: [443, 8443]).check(url)
    }
    #expect(problem?.kind == .address && problem?.isTransient == false)
  }

  @Test("https, and http to loopback where tests allow it, are taken")
  func acceptedURLs() throws {
    let policy = PeerAddressPolicy(allowsPlainLoopback: true)
    for text in ["https://ap.example.se/as4", "https://ap.example.se:8443/as4?x=1", "http://127.0.0.1:80/as4"] {
      try policy.check(#require(URL(string: text)))
    }
    let elsewhere = try #require(URL(string: "http://ap.example.se/as4"))
    #expect(throws: TransportProblem.self) { try policy.check(elsewhere) }
  }

  @Test(
    "I8: addresses inside are recognised whatever they are called",
    arguments: [
      "127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
      "100.64.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fc00::1",
      "fd12::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2001:db8::1", "2002:7f00:1::",
      "2001::1",
    ])
  func privateAddresses(_ text: String) throws {
    let address = try SocketAddress(ipAddress: text, port: 443)
    #expect(!PeerAddressPolicy.isPublic(address))
    #expect(throws: TransportProblem.self) { try PeerAddressPolicy(allowsPrivateNetworks: false).check(address) }
    try PeerAddressPolicy().check(address)
  }

  @Test(
    "public addresses are public", arguments: ["8.8.8.8", "172.32.0.1", "193.10.1.1", "2001:6b0::1", "2a00:801::1"])
  func publicAddresses(_ text: String) throws {
    #expect(PeerAddressPolicy.isPublic(try SocketAddress(ipAddress: text, port: 443)))
  }

  @Test("I8: a connection to an address inside ends before the first byte of the message")
  func connection() async throws {
    let handler = CountingHandler()
    var settings = AS4ClientSettings(identity: nil, authorities: try TLSKit.trust())
    settings.addresses.allowsPrivateNetworks = false
    try await withEndpoint(.oneWayTLS(TLSKit.server()), handler: handler) { _, port in
      try await withClient(settings) { client in
        let url = try #require(URL(string: "https://127.0.0.1:\(port)/as4"))
        let problem = await #expect(throws: TransportProblem.self) {
          try await client.send(WireBody([1]), contentType: "a/b", to: url)
        }
        #expect(problem?.kind == .address, "\(String(describing: problem))")
      }
    }
    #expect(handler.seen.isEmpty)
  }
}
