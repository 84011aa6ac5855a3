internal import COpenSSL
public import Foundation

/// A certificate revocation list (CRL). It has been read, not verified: ``TrustStore`` checks its signature each time
/// that it asks it.
public final class RevocationList: @unchecked Sendable {
  // X509_CRL is reference-counted and, once read, not changed any more.
  let pointer: OpaquePointer
  /// The bytes as they were read, in DER or PEM.
  public let bytes: [UInt8]
  /// When it was issued.
  public let thisUpdate: Date
  /// When the next one is due; never for a list that names no time.
  public let nextUpdate: Date

  /// Reads a list in DER or PEM.
  public init(_ bytes: [UInt8]) throws(KeyProblem) {
    let list = bytes.withUnsafeBytes { bytes -> OpaquePointer? in
      guard let input = BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count)) else { return nil }
      defer { BIO_free(input) }
      return bytes.first == 0x30 ? d2i_X509_CRL_bio(input, nil) : PEM_read_bio_X509_CRL(input, nil, nil, nil)
    }
    defer { clearOpenSSLErrors() }
    guard let list else { throw .unreadable }
    pointer = list
    self.bytes = bytes
    thisUpdate = date(X509_CRL_get0_lastUpdate(list))
    nextUpdate = X509_CRL_get0_nextUpdate(list).map { date($0) } ?? .distantFuture
  }

  deinit {
    X509_CRL_free(pointer)
  }

  /// Whether both speak for the same issuer's certificates.
  func hasSameIssuer(as other: RevocationList) -> Bool {
    X509_NAME_cmp(X509_CRL_get_issuer(pointer), X509_CRL_get_issuer(other.pointer)) == 0
  }

  /// Whether the certificate bears the name of the list's issuer.
  func names(_ issuer: Certificate) -> Bool {
    X509_NAME_cmp(X509_CRL_get_issuer(pointer), X509_get_subject_name(issuer.pointer)) == 0
  }

  /// When the certificate was revoked, by an issuer of its that signed the list; nil where the list does not say so.
  /// - Parameter issuers: who may have signed the list.
  public func revocation(of certificate: Certificate, issuers: [Certificate]) -> Date? {
    guard X509_NAME_cmp(X509_CRL_get_issuer(pointer), X509_get_issuer_name(certificate.pointer)) == 0,
      issuers.contains(where: { names($0) && isSigned(by: $0) })
    else { return nil }
    var entry: OpaquePointer?
    // 2 is an entry that takes a revocation back.
    guard X509_CRL_get0_by_cert(pointer, &entry, certificate.pointer) == 1, let entry else { return nil }
    return date(X509_REVOKED_get0_revocationDate(entry))
  }

  /// The list in PEM.
  public var pem: [UInt8] {
    guard let output = BIO_new(BIO_s_mem()) else { return [] }
    defer { BIO_free(output) }
    guard PEM_write_bio_X509_CRL(output, pointer) == 1 else { return [] }
    return contents(of: output)
  }

  func isSigned(by issuer: Certificate) -> Bool {
    defer { clearOpenSSLErrors() }
    return X509_CRL_verify(pointer, issuer.publicKey.pointer) == 1
  }
}

/// Why a revocation list is not taken in place of the one that is there.
public enum RevocationListProblem: Error, Hashable, Sendable, CustomStringConvertible {
  case unreadable
  case otherIssuer
  case forged
  case older
  case notYetValid

  public var description: String {
    switch self {
    case .unreadable: "it is no revocation list"
    case .otherIssuer: "it is another issuer's list"
    case .forged: "its issuer has not signed it"
    case .older: "it is older than the present one"
    case .notYetValid: "it is not valid yet"
    }
  }
}
