import XMLSecurity

/// All keys and certificates of one node.
struct NodeKeys: Sendable {
  let accessPoint: Identity
  let tlsServer: Identity
  let tlsClient: Identity
  let signing: Identity
  /// The same as `signing` where the organisation has one certificate for both.
  let encryption: Identity

  init(node: TestFederation.Node, authorities: TestAuthorities, keys: [PrivateKey]) throws {
    accessPoint = try authorities.accessPoint.issue(TestFederation.request(node.accessPoint), key: keys[0])
    var server = TestFederation.request("localhost")
    server.extendedKeyUsage = "serverAuth"
    server.dnsNames = ["localhost"]
    server.ipAddresses = ["127.0.0.1"]
    tlsServer = try authorities.tls.issue(server, key: keys[1])
    var client = TestFederation.request("\(node.accessPoint) client")
    client.extendedKeyUsage = "clientAuth"
    tlsClient = try authorities.tls.issue(client, key: keys[2])

    var request = TestFederation.request(String(node.organisation.id.drop { $0 != ":" }.dropFirst()))
    guard node.organisation.hasSeparateCertificates else {
      signing = try authorities.organisation.issue(request, key: keys[3])
      encryption = signing
      return
    }
    request.keyUsage = "critical,digitalSignature"
    signing = try authorities.organisation.issue(request, key: keys[3])
    request.keyUsage = "critical,keyEncipherment"
    encryption = try authorities.organisation.issue(request, key: keys[4])
  }

  /// The sizes of the keys that a node needs, in their order.
  static func keySizes(_ node: TestFederation.Node, _ sizes: TestAuthorities.KeySizes) -> [Int] {
    [sizes.federation, sizes.tls, sizes.tls, sizes.federation]
      + (node.organisation.hasSeparateCertificates ? [sizes.federation] : [])
  }
}

extension TestFederation {
  /// A certificate for signing and key encipherment, as the federation's authorities issue them.
  static func request(_ commonName: String) -> CertificateRequest {
    CertificateRequest(subject: [("C", "SE"), ("O", "Testfederation"), ("CN", commonName)])
  }
}
