public import Foundation
import SDKRelay
import StructuredBridge
public import XMLSecurity

/// The certificates and the password of a test core, made anew each time.
public struct TestCoreKeys: Sendable {
  public let authority: CertificateAuthority
  /// The service's, for localhost.
  public let server: Identity
  /// The municipality's, with its organisation number in the subject, as the counterpart's authority issues them.
  public let client: Identity
  public let secret: String
  public static let clientID = "test-client"

  /// - Parameter organisation: ten digits.
  public init(organisation: String) throws {
    let keys = try makeKeys([2048, 2048, 2048])
    var request = CertificateRequest(subject: [("C", "SE"), ("O", "Testbed"), ("CN", "Test core CA")])
    request.isCA = true
    authority = CertificateAuthority(identity: try CertificateAuthority.selfSigned(request, key: keys[0]))
    var server = CertificateRequest(subject: [("C", "SE"), ("O", "Testbed"), ("CN", "localhost")])
    server.extendedKeyUsage = "serverAuth"
    server.dnsNames = ["localhost"]
    server.ipAddresses = ["127.0.0.1"]
    self.server = try authority.issue(server, key: keys[1])
    var client = CertificateRequest(subject: [
      ("C", "SE"), ("O", "Exempelkommunen"), ("serialNumber", "16\(organisation)"), ("CN", "komvux.kommun.example.se"),
    ])
    client.extendedKeyUsage = "clientAuth"
    self.client = try authority.issue(client, key: keys[2])
    secret = Hexadecimal.encode(randomBytes(24))
  }

  /// Writes what a client needs: `ca.pem`, `client.pem`, `client.key.pem` and `secret`, the last two closed to others.
  public func write(to folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try write(authority.identity.certificate.pem, "ca.pem", folder, mode: 0o644)
    try write(client.certificate.pem, "client.pem", folder, mode: 0o644)
    try write(client.privateKey.pem, "client.key.pem", folder, mode: 0o600)
    try write(Array("\(secret)\n".utf8), "secret", folder, mode: 0o600)
  }

  private func write(_ bytes: [UInt8], _ name: String, _ folder: URL, mode: Int) throws {
    let file = folder.appending(path: name)
    try? FileManager.default.removeItem(at: file)
    guard
      FileManager.default.createFile(
        atPath: file.path, contents: Data(bytes), attributes: [.posixPermissions: mode])
    else { throw TestbedProblem("\(file.path) cannot be written") }
  }
}
