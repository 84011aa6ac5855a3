import Foundation
public import XMLSecurity

/// Certificates, keys and names that settings files point to.
extension SettingsSection {
  /// All certificates of a PEM file that must be given.
  func certificates(_ key: String) throws(SettingsProblem) -> [Certificate] {
    try certificates(at: try file(key), key)
  }

  /// The first certificate of a PEM file.
  func certificate(_ key: String) throws(SettingsProblem) -> Certificate {
    guard let first = try certificates(key).first else { throw problem(key, "holds no certificate in PEM") }
    return first
  }

  /// The certificates of a list of PEM files.
  func trustedCertificates(_ key: String) throws(SettingsProblem) -> [Certificate] {
    var all: [Certificate] = []
    for url in try files(key) { all += try certificates(at: url, key) }
    guard !all.isEmpty else { throw problem(key, "must name at least one file with certificates") }
    return all
  }

  /// A section that holds nothing but a certificate and its key.
  func keyPair() throws(SettingsProblem) -> Identity {
    try allow("certificate", "key")
    return try identity()
  }

  /// A certificate with those that issued it, and its private key in a closed file.
  package func identity() throws(SettingsProblem) -> Identity {
    let chain = try certificates("certificate")
    let pem = try privateKeyText("key")
    let privateKey: PrivateKey
    do {
      privateKey = try PrivateKey.load(pem: pem)
    } catch {
      throw problem("key", PrivateKey.refusal(of: pem))
    }
    do {
      return try Identity(certificate: chain[0], privateKey: privateKey, chain: Array(chain.dropFirst()))
    } catch {
      throw problem("key", "does not belong to the certificate")
    }
  }

  /// The text of a private key's file, which must be closed to others and without passphrase.
  func privateKeyText(_ key: String) throws(SettingsProblem) -> [UInt8] {
    let pem = try contents(of: key, at: secretFile(key))
    guard !PrivateKey.isEncrypted(pem) else { throw problem(key, PrivateKey.refusal(of: pem)) }
    return pem
  }

  /// A name for people: 1 to 256 characters.
  func label(_ key: String) throws(SettingsProblem) -> String? {
    try optionalValue(key, expected: "1 to 256 characters") { (1...256).contains($0.count) ? $0 : nil }
  }

  private func certificates(at url: URL, _ key: String) throws(SettingsProblem) -> [Certificate] {
    guard let pem = try? Data(contentsOf: url), let certificates = try? Certificate.load(pem: [UInt8](pem)),
      !certificates.isEmpty
    else { throw problem(key, "holds no certificate in PEM: \(url.path)") }
    return certificates
  }
}

extension PrivateKey {
  /// Why a text gave no private key, to be read after the file's name.
  public static func refusal(of pem: [UInt8]) -> String {
    isEncrypted(pem)
      ? "is encrypted: a node's keys are kept in closed files without passphrase (openssl pkey removes it)"
      : "holds no private key in PEM that can be read"
  }

  /// Whether a passphrase is needed: PKCS #8's own label, or the header of the older form.
  static func isEncrypted(_ pem: [UInt8]) -> Bool {
    let text = String(decoding: pem, as: UTF8.self)
    return text.contains("BEGIN ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED")
  }
}
