import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL
import Testing
import XMLSecurity

@testable import SDKRelay

@Suite("TLS")
struct TLSTests {
  private let type = "multipart/related"

  private func url(_ port: Int) throws -> URL { try #require(URL(string: "https://127.0.0.1:\(port)/as4")) }

  private func problem(sending settings: AS4ClientSettings, to port: Int) async throws -> TransportProblem? {
    try await withClient(settings) { client in
      let url = try url(port)
      return await #expect(throws: TransportProblem.self) {
        try await client.send(WireBody([1]), contentType: type, to: url)
      }
    }
  }

  // MARK: The endpoint

  @Test("SDK-AS4-11: mutual TLS: a known client is served")
  func mutual() async throws {
    let handler = CountingHandler()
    let client = try TLSKit.identity()
    try await withEndpoint(.mutualTLS(TLSKit.server(), clients: TLSKit.trust()), handler: handler) { _, port in
      try await withClient(AS4ClientSettings(identity: client, authorities: TLSKit.trust())) { sender in
        let url = try url(port)
        for _ in 0..<3 { #expect(try await sender.send(WireBody([1]), contentType: type, to: url).status == 200) }
      }
    }
    #expect(handler.seen.count == 3)
  }

  enum WrongClient: CaseIterable { case none, stranger, expired, serverUsage }

  @Test("T7: mutual TLS refuses clients without a good certificate before any HTTP", arguments: WrongClient.allCases)
  func wrongClient(_ wrong: WrongClient) async throws {
    let handler = CountingHandler()
    let identity: TLSIdentity? =
      switch wrong {
      case .none: nil
      case .stranger: try TLSKit.identity(from: TLSKit.stranger)
      case .expired: try TLSKit.identity(expired: true)
      case .serverUsage: try TLSKit.identity(usage: "serverAuth")
      }
    try await withEndpoint(.mutualTLS(TLSKit.server(), clients: TLSKit.trust()), handler: handler) { _, port in
      let problem = try await problem(
        sending: AS4ClientSettings(identity: identity, authorities: TLSKit.trust()), to: port)
      #expect(problem?.isTransient == true)
      #expect([.tls, .connectionClosed].contains(problem?.kind))
    }
    #expect(handler.seen.isEmpty)
  }

  @Test("one-way TLS asks for no client certificate")
  func oneWay() async throws {
    let handler = CountingHandler()
    try await withEndpoint(.oneWayTLS(TLSKit.server()), handler: handler) { _, port in
      try await withClient(AS4ClientSettings(identity: nil, authorities: TLSKit.trust())) { sender in
        let url = try url(port)
        #expect(try await sender.send(WireBody([1]), contentType: type, to: url).status == 200)
      }
    }
    #expect(handler.seen.count == 1)
  }

  @Test("T7: TLS 1.0, TLS 1.1, CBC and RSA key exchange are not spoken", arguments: ["1.1", "cbc", "rsa"])
  func weak(_ what: String) async throws {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.certificateVerification = .none
    tls.minimumTLSVersion = .tlsv1
    tls.maximumTLSVersion = what == "1.1" ? .tlsv11 : .tlsv12
    switch what {
    case "cbc": tls.cipherSuiteValues = [.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, .TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA]
    case "rsa": tls.cipherSuiteValues = [.TLS_RSA_WITH_AES_128_GCM_SHA256, .TLS_RSA_WITH_AES_256_GCM_SHA384]
    default: break
    }
    #expect(try await version(with: tls) == nil)
  }

  @Test("T7: TLS 1.2 and 1.3 are spoken", arguments: [TLSVersion.tlsv12, .tlsv13])
  func strong(_ wanted: TLSVersion) async throws {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.certificateVerification = .none
    tls.minimumTLSVersion = wanted
    tls.maximumTLSVersion = wanted
    #expect(try await version(with: tls) == .http1_1)
  }

  @Test("T6: a client that offers HTTP/2 gets HTTP/1.1")
  func http2() async throws {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.certificateVerification = .none
    #expect(try await version(with: tls, offering: .automatic) == .http1_1)
  }

  /// The HTTP version that a client with the configuration gets; nil when no connection comes about.
  private func version(
    with tls: TLSConfiguration, offering: HTTPClient.Configuration.HTTPVersion = .http1Only
  ) async throws -> HTTPVersion? {
    try await withEndpoint(.oneWayTLS(TLSKit.server()), handler: CountingHandler()) { _, port in
      var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
      configuration.httpVersion = offering
      configuration.connectionPool.retryConnectionEstablishment = false
      let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
      let response = try? await client.execute(HTTPClientRequest(url: url(port).absoluteString), timeout: .seconds(5))
      try await client.shutdown()
      return response?.version
    }
  }

  @Test("a key of another certificate is refused when read")
  func mismatch() throws {
    let certificate = try TLSKit.authority.get().identity.certificate.pem
    let key = try TLSKit.stranger.get().identity.privateKey.pem
    #expect(throws: TLSProblem.self) { try TLSIdentity(certificates: certificate, privateKey: key) }
    #expect(throws: TLSProblem.self) { try TLSIdentity(certificates: Array("no".utf8), privateKey: key) }
    #expect(throws: TLSProblem.self) { try TLSTrust(authorities: []) }
  }

  @Test("plain HTTP beyond loopback is refused")
  func plainBeyondLoopback() throws {
    let settings = AS4EndpointSettings(host: "0.0.0.0", port: 0, security: .plain)
    #expect(throws: TLSProblem.self) { try AS4Endpoint(settings, handler: CountingHandler()) }
  }

  // MARK: The client

  enum WrongServer: CaseIterable { case name, expired, selfSigned, authority, clientUsage, oldProtocol }

  @Test("T7: the client refuses servers that are not who they should be", arguments: WrongServer.allCases)
  func wrongServer(_ wrong: WrongServer) async throws {
    let identity: TLSIdentity =
      switch wrong {
      case .name: try TLSKit.identity(dnsNames: ["other.example.se"])
      case .expired: try TLSKit.identity(ipAddresses: ["127.0.0.1"], expired: true)
      case .selfSigned: try TLSKit.selfSigned()
      case .authority: try TLSKit.identity(from: TLSKit.stranger, ipAddresses: ["127.0.0.1"])
      case .clientUsage: try TLSKit.identity(ipAddresses: ["127.0.0.1"], usage: "clientAuth")
      case .oldProtocol: try TLSKit.server()
      }
    var tls = TLSProfile.server(identity, clients: nil)
    if wrong == .oldProtocol {
      tls.minimumTLSVersion = .tlsv1
      tls.maximumTLSVersion = .tlsv11
    }
    try await withCannedServer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", tls: tls) { port in
      let problem = try await problem(sending: AS4ClientSettings(identity: nil, authorities: TLSKit.trust()), to: port)
      #expect(problem?.kind == .tls, "\(String(describing: problem))")
    }
  }
}
