internal import COpenSSL
public import Foundation

/// Why bytes are no usable certificate.
public enum CertificateProblem: Error, Hashable, Sendable, CustomStringConvertible {
  case unreadable
  /// Only RSA keys are used in the federation.
  case notRSA

  public var description: String {
    switch self {
    case .unreadable: "the certificate cannot be read"
    case .notRSA: "the certificate's key is not an RSA key"
    }
  }
}

/// What a certificate's key may be used for (RFC 5280 §4.2.1.3).
public struct KeyUsage: OptionSet, Hashable, Sendable {
  /// The bits as OpenSSL numbers them.
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Signatures over messages.
  public static let digitalSignature = KeyUsage(rawValue: 0x80)
  /// Wrapping of content keys.
  public static let keyEncipherment = KeyUsage(rawValue: 0x20)
}

/// An X.509 certificate with an RSA key. It has been read, not verified: only ``TrustStore`` says whom to believe.
public final class Certificate: @unchecked Sendable, Hashable {
  // X509 is reference-counted and, its extensions once cached by `parse`, not changed any more.
  let pointer: OpaquePointer
  /// The certificate's bytes in DER.
  public let der: [UInt8]
  /// The SHA-256 of ``der``.
  public let sha256: [UInt8]
  /// The subject's key.
  public let publicKey: PublicKey
  /// The first moment of validity.
  public let notBefore: Date
  /// The last moment of validity.
  public let notAfter: Date
  /// The key usage extension, or nil where there is none.
  public let keyUsage: KeyUsage?
  /// Whether the certificate may issue others.
  public let isCA: Bool

  private init(owning pointer: OpaquePointer, der: [UInt8], sha256: [UInt8], key: PublicKey) {
    self.pointer = pointer
    self.der = der
    self.sha256 = sha256
    publicKey = key
    notBefore = date(X509_get0_notBefore(pointer))
    notAfter = date(X509_get0_notAfter(pointer))
    // Makes OpenSSL cache the extensions now, while nobody else has the object.
    isCA = X509_check_ca(pointer) >= 1
    let usage = X509_get_key_usage(pointer)
    keyUsage = usage == UInt32.max ? nil : KeyUsage(rawValue: usage)
  }

  deinit {
    X509_free(pointer)
  }

  // MARK: Reading

  /// Reads a certificate of at most 16 kB. Parsing costs several signature verifications, so the last thousand are
  /// remembered.
  public static func parse(der: [UInt8]) throws(CertificateProblem) -> Certificate {
    // Strangers' certificates are remembered too; the limit bounds the memory that they can fill.
    guard der.count <= maximumSize else { throw .unreadable }
    let sha256 = digest(.sha256, of: der)
    if let known = cache.value(for: sha256) { return known }
    guard let pointer = decode(der) else {
      clearOpenSSLErrors()
      throw .unreadable
    }
    guard let key = X509_get_pubkey(pointer) else {
      X509_free(pointer)
      clearOpenSSLErrors()
      throw .notRSA
    }
    let publicKey = PublicKey(owning: key)
    guard publicKey.isRSA else {
      X509_free(pointer)
      throw .notRSA
    }
    let certificate = Certificate(owning: pointer, der: der, sha256: sha256, key: publicKey)
    cache.set(certificate, for: sha256)
    return certificate
  }

  /// Reads every certificate of a PEM text, or a single one in DER.
  public static func load(pem: [UInt8]) throws(CertificateProblem) -> [Certificate] {
    let text = String(decoding: pem, as: UTF8.self)
    let blocks = text.components(separatedBy: "-----BEGIN CERTIFICATE-----").dropFirst()
    if blocks.isEmpty { return [try parse(der: pem)] }
    var certificates: [Certificate] = []
    for block in blocks {
      guard let end = block.range(of: "-----END CERTIFICATE-----"),
        let der = try? Base64.decode(String(block[..<end.lowerBound]))
      else { throw .unreadable }
      certificates.append(try parse(der: der))
    }
    return certificates
  }

  private static let maximumSize = 16 * 1024
  private static let cache = BoundedCache<[UInt8], Certificate>(limit: 1_000)

  /// Exactly one certificate, with nothing after it.
  private static func decode(_ der: [UInt8]) -> OpaquePointer? {
    der.withUnsafeBufferPointer { bytes in
      var position = bytes.baseAddress
      guard let certificate = d2i_X509(nil, &position, bytes.count) else { return nil }
      guard let start = bytes.baseAddress, position == start + bytes.count else {
        X509_free(certificate)
        return nil
      }
      return certificate
    }
  }

  // MARK: Forms

  /// The certificate in PEM.
  public var pem: [UInt8] {
    let text = Data(der).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
    return Array("-----BEGIN CERTIFICATE-----\n\(text)\n-----END CERTIFICATE-----\n".utf8)
  }

  /// SHA-1 of ``der``, by which some products name a certificate (WS-Security 1.1 §7.3).
  public var sha1Thumbprint: [UInt8] { digest(.sha1, of: der) }

  /// The subject key identifier extension's value.
  public var subjectKeyIdentifier: [UInt8]? {
    guard let value = X509_get0_subject_key_id(pointer) else { return nil }
    return Array(UnsafeBufferPointer(start: ASN1_STRING_get0_data(value), count: Int(ASN1_STRING_length(value))))
  }

  /// The serial number in decimal.
  public var serialNumber: String {
    guard let number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(pointer), nil) else { return "" }
    defer { BN_free(number) }
    guard let text = BN_bn2dec(number) else { return "" }
    defer { sdk_openssl_free(text) }
    return String(cString: text)
  }

  /// The subject's distinguished name (RFC 4514).
  public var subject: String { DistinguishedName.text(X509_get_subject_name(pointer)) }
  /// The issuer's distinguished name (RFC 4514).
  public var issuerName: String { DistinguishedName.text(X509_get_issuer_name(pointer)) }

  /// Whether a `ds:X509IssuerSerial` names this certificate. Products write names in either order and with their own
  /// spellings of types, so the parsed names are compared.
  public func issuerMatches(_ name: String, serial: String) -> Bool {
    guard serial.trimmingCharacters(in: .whitespacesAndNewlines) == serialNumber else { return false }
    let given = DistinguishedName(name)
    let own = DistinguishedName(issuerName)
    return given == own || given.reversed() == own
  }

  /// The subject's common name; nil unless there is exactly one.
  public var commonName: String? {
    let names = subjectValues(NID_commonName)
    return names.count == 1 ? names[0] : nil
  }

  /// The subject's attributes that hold its number in a register: serialNumber and organizationIdentifier.
  public var subjectNumbers: [String] { subjectValues(NID_serialNumber) + subjectValues(NID_organizationIdentifier) }

  private func subjectValues(_ type: Int32) -> [String] {
    guard let subject = X509_get_subject_name(pointer) else { return [] }
    var values: [String] = []
    var place = X509_NAME_get_index_by_NID(subject, type, -1)
    while place >= 0 {
      guard let value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, place)), let text = Self.text(value)
      else {
        return []
      }
      values.append(text)
      place = X509_NAME_get_index_by_NID(subject, type, place)
    }
    return values
  }

  private static func text(_ value: UnsafePointer<ASN1_STRING>) -> String? {
    var output: UnsafeMutablePointer<UInt8>?
    let length = ASN1_STRING_to_UTF8(&output, value)
    defer { sdk_openssl_free(output) }
    guard length >= 0, let output else { return nil }
    return String(decoding: UnsafeBufferPointer(start: output, count: Int(length)), as: UTF8.self)
  }

  public static func == (a: Certificate, b: Certificate) -> Bool { a.sha256 == b.sha256 }
  public func hash(into hasher: inout Hasher) { hasher.combine(sha256) }
}

/// Seconds are all that the times of certificates and revocation lists have.
func date(_ time: UnsafePointer<ASN1_TIME>?) -> Date {
  var parts = tm()
  guard ASN1_TIME_to_tm(time, &parts) == 1 else { return .distantPast }
  return Date(timeIntervalSince1970: TimeInterval(timegm(&parts)))
}
