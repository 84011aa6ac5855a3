import Foundation
import XMLSecurity

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

  /// A certificate with those that issued it, and its private key in a closed file.
  func identity(certificate: String = "certificate", key: String = "key") throws(SettingsProblem) -> Identity {
    let chain = try certificates(certificate)
    let privateKey: PrivateKey
    do {
      privateKey = try PrivateKey.load(pem: [UInt8](Data(contentsOf: try secretFile(key))))
    } catch let refusal as SettingsProblem {
      throw refusal
    } catch {
      throw problem(key, "holds no private key in PEM that can be read")
    }
    do {
      return try Identity(certificate: chain[0], privateKey: privateKey, chain: Array(chain.dropFirst()))
    } catch {
      throw problem(key, "does not belong to the certificate")
    }
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
