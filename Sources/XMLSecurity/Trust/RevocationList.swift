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
