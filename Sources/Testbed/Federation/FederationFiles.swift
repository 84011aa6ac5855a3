import Foundation
import SDKRelay
import XMLSecurity

/// Writes a file that only its owner may read, whole or not at all.
func writeFile(_ bytes: [UInt8], to url: URL) throws {
  do {
    let spool = try Spool(folder: url.deletingLastPathComponent())
    let file = try spool.create()
    try file.write(bytes)
    try file.keep(as: url.lastPathComponent)
  } catch SpoolProblem.unavailable(let code) {
    throw TestbedProblem("\(url.path) cannot be written: \(String(cString: strerror(code)))")
  }
}

func writeFile(_ text: String, to url: URL) throws {
  try writeFile(Array(text.utf8), to: url)
}

/// The authorities, so that more certificates can be issued by hand.
enum AuthorityFiles {
  static func write(_ authorities: TestAuthorities, to folder: URL) throws {
    let all = [
      ("root", authorities.root), ("access-point-ca", authorities.accessPoint), ("o2o-ca", authorities.organisation),
      ("tls-root", authorities.tlsRoot), ("tls-ca", authorities.tls),
    ]
    for (name, authority) in all {
      try writeFile(authority.identity.certificate.pem, to: folder.appending(path: "\(name).pem"))
      try writeFile(authority.identity.privateKey.pem, to: folder.appending(path: "\(name).key.pem"))
    }
  }
}

/// The certificates that a directory publishes.
enum PublishedFiles {
  static func write(_ keys: NodeKeys, of node: TestFederation.Node, to folder: URL) throws {
    let name = node.organisation.shortName
    try writeFile(keys.accessPoint.certificate.pem, to: folder.appending(path: "\(node.accessPoint).pem"))
    try writeFile(keys.signing.certificate.pem, to: folder.appending(path: "\(name)-signing.pem"))
    try writeFile(keys.encryption.certificate.pem, to: folder.appending(path: "\(name)-encryption.pem"))
  }
}

/// The shared directory.
enum DirectoryFile {
  static func text(_ nodes: [TestFederation.Node]) -> String {
    "participants:\n" + nodes.map(entry).joined()
  }

  private static func entry(_ node: TestFederation.Node) -> String {
    let organisation = node.organisation
    let mailboxes = organisation.mailboxes.map {
      "      - address: \($0.address)\n        label: \($0.label)\n"
    }
    return """
        - id: \(organisation.id)
          label: \(organisation.label)
          url: \(node.url)
          accessPointCertificate: published/\(node.accessPoint).pem
          signingCertificate: published/\(organisation.shortName)-signing.pem
          encryptionCertificate: published/\(organisation.shortName)-encryption.pem
          mailboxes:

      """ + mailboxes.joined()
  }
}

/// A node's folder.
struct NodeFiles {
  let node: TestFederation.Node
  let keys: NodeKeys
  let authorities: TestAuthorities

  func write(furtherSettings: String) throws {
    let folder = node.folder.appending(path: "keys")
    for (name, identity) in identities {
      let certificates = identity.certificate.pem + identity.chain.flatMap(\.pem)
      try writeFile(certificates, to: folder.appending(path: "\(name).pem"))
      try writeFile(identity.privateKey.pem, to: folder.appending(path: "\(name).key.pem"))
    }
    try writeFile(SealKey.random().storageKeyText, to: folder.appending(path: "storage.key"))
    let trust = node.folder.appending(path: "trust")
    for (name, authorities) in trusted {
      try writeFile(authorities.flatMap(\.identity.certificate.pem), to: trust.appending(path: name))
    }
    try writeFile(settings + furtherSettings, to: node.settings)
  }

  private var identities: [(String, Identity)] {
    [
      ("access-point", keys.accessPoint), ("tls-server", keys.tlsServer), ("tls-client", keys.tlsClient),
      ("signing", keys.signing), ("encryption", keys.encryption),
    ]
  }

  /// The issuing authorities are the anchors, since their root also vouches for what belongs elsewhere (threats.md I2);
  /// TLS wants the root.
  private var trusted: [(String, [CertificateAuthority])] {
    [
      ("access-point-ca.pem", [authorities.accessPoint]), ("o2o-ca.pem", [authorities.organisation]),
      ("tls-ca.pem", [authorities.tlsRoot, authorities.tls]),
    ]
  }

  /// Every setting is explained in the project's config/node.yaml.
  private var settings: String {
    """
    federation: test
    data: data
    directory: ../directory.yaml
    storage:
      keys:
        - name: first
          file: keys/storage.key
    accessPoint:
      certificate: keys/access-point.pem
      key: keys/access-point.key.pem
      trust: [trust/access-point-ca.pem]
    server:
      host: 127.0.0.1
      port: \(node.port)
      certificate: keys/tls-server.pem
      key: keys/tls-server.key.pem
      trust: [trust/tls-ca.pem]
    client:
      certificate: keys/tls-client.pem
      key: keys/tls-client.key.pem
      trust: [trust/tls-ca.pem]
    envelopes:
      trust: [trust/o2o-ca.pem]
    participants:
      - id: \(node.organisation.id)
        signing:
          certificate: keys/signing.pem
          key: keys/signing.key.pem
        encryption:
          - certificate: keys/encryption.pem
            key: keys/encryption.key.pem

    """
  }
}
