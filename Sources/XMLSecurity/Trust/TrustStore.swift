internal import COpenSSL
public import Foundation
internal import Synchronization

/// A certificate that a ``TrustStore`` has verified for a use and a time. Nothing else makes one.
public struct TrustedCertificate: Sendable, Hashable {
  /// The certificate that was verified.
  public let certificate: Certificate
}

/// Why a certificate is not trusted.
public struct TrustProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// Why a certificate is not trusted.
  public enum Reason: Hashable, Sendable {
    /// No chain to an anchor.
    case unknownIssuer
    case expired
    case notYetValid
    case revoked
    /// No current revocation list of an issuer that has one.
    case revocationUnknown
    /// A key below 2048 bits or a signature with SHA-1.
    case weak
    case wrongUsage
    /// A certificate authority's own, which speaks for the certificates it issued and for nothing else.
    case authority
    /// OpenSSL's own words for everything else.
    case other(String)
  }

  /// What is wrong.
  public let reason: Reason
  /// Whose certificate it is: the subject's distinguished name.
  public let subject: String

  public var description: String {
    let words =
      switch reason {
      case .unknownIssuer: "has no chain to a trusted certificate"
      case .expired: "has expired"
      case .notYetValid: "is not valid yet"
      case .revoked: "is revoked"
      case .revocationUnknown: "cannot be checked for revocation"
      case .weak: "has a weak key or signature"
      case .wrongUsage: "is not for this use"
      case .authority: "belongs to a certificate authority, which is no signer unless it is itself among the trusted"
      case .other(let words): words
      }
    return "the certificate of \(subject) \(words)"
  }
}

/// Decides which certificates to believe: those with a chain to one of its anchors, and no others.
///
/// An anchor may be an issuing CA whose own issuer is not at hand. The system's certificate store is never asked.
public final class TrustStore: Sendable {
  private let store: Mutex<Store>
  private let intermediates: [Certificate]
  private let anchors: Set<Certificate>
  private static let cacheTime: TimeInterval = 600
  private static let maximumDepth: Int32 = 6
  /// How long a revocation list counts beyond its next update, in seconds: a day, in which to mend the list's source.
  public static let revocationGrace: TimeInterval = 86_400

  private struct CacheKey: Hashable {
    let certificate: [UInt8]
    let usage: UInt32
  }
  private struct CachedResult {
    let at: Date
  }

  /// - Parameters:
  ///   - anchors: certificates that are believed as they are.
  ///   - intermediates: issuers that may stand between a certificate and an anchor, besides those a peer presents.
  ///   - revocationLists: CRLs in DER or PEM. Where there are any, every issuer of an end entity needs one that
  ///     is current or at most ``revocationGrace`` too old.
  public init(
    anchors: [Certificate], intermediates: [Certificate] = [], revocationLists: [[UInt8]] = []
  ) throws(KeyProblem) {
    self.intermediates = intermediates
    self.anchors = Set(anchors)
    var lists: [RevocationList] = []
    for bytes in revocationLists { lists.append(try RevocationList(bytes)) }
    store = Mutex(try Store(anchors: self.anchors, revocationLists: lists))
  }

  /// The lists that count now, in the order in which they were given.
  public var revocationLists: [RevocationList] { store.withLock { $0.revocationLists } }

  /// Takes a newer list in place of the one with this number in ``revocationLists``. What was verified with the former
  /// one is verified anew.
  public func renew(revocationList index: Int, with bytes: [UInt8], at time: Date) throws(RevocationListProblem) {
    guard let list = try? RevocationList(bytes) else { throw .unreadable }
    let present = revocationLists[index]
    guard list.hasSameIssuer(as: present) else { throw .otherIssuer }
    let issuers = (anchors + intermediates).filter(list.names)
    guard issuers.isEmpty || issuers.contains(where: list.isSigned) else { throw .forged }
    guard list.thisUpdate >= present.thisUpdate else { throw .older }
    guard list.thisUpdate <= time else { throw .notYetValid }
    store.withLock { store in
      var lists = store.revocationLists
      lists[index] = list
      // The anchors and the other lists have been in a store before: only memory can be missing.
      if let renewed = try? Store(anchors: anchors, revocationLists: lists) { store = renewed }
    }
  }

  /// Verifies a certificate for a use at a time.
  /// - Parameters:
  ///   - presented: further certificates that came with it; they help to find a chain and are not believed themselves.
  ///   - usage: what the key usage extension must allow, where the certificate has one.
  public func verify(
    _ leaf: Certificate, presented: [Certificate] = [], at time: Date, for usage: KeyUsage
  ) throws(TrustProblem) -> TrustedCertificate {
    let store = store.withLock { $0 }
    let key = CacheKey(certificate: leaf.sha256, usage: usage.rawValue)
    if let known = store.verified.value(for: key), abs(known.at.timeIntervalSince(time)) < Self.cacheTime,
      leaf.notBefore <= time, time <= leaf.notAfter
    {
      return TrustedCertificate(certificate: leaf)
    }
    // First check: the key's size and its permitted use.
    guard leaf.publicKey.bits >= 2048 else { throw TrustProblem(reason: .weak, subject: leaf.subject) }
    if let allowed = leaf.keyUsage, !allowed.isSuperset(of: usage) {
      throw TrustProblem(reason: .wrongUsage, subject: leaf.subject)
    }
    // Second check: a CA speaks for its certificates only, unless it was made an anchor for itself.
    guard !leaf.isCA || anchors.contains(leaf) else { throw TrustProblem(reason: .authority, subject: leaf.subject) }
    // Third check: a chain to an anchor, every certificate of which is valid at the time.
    try chain(of: leaf, presented: presented, at: time, in: store)
    store.verified.set(CachedResult(at: time), for: key)
    return TrustedCertificate(certificate: leaf)
  }

  /// Looks for a chain to an anchor, whatever the certificate is for.
  func chain(of leaf: Certificate, presented: [Certificate], at time: Date) throws(TrustProblem) {
    try chain(of: leaf, presented: presented, at: time, in: store.withLock { $0 })
  }

  private func chain(
    of leaf: Certificate, presented: [Certificate], at time: Date, in store: Store
  ) throws(TrustProblem) {
    guard let context = X509_STORE_CTX_new(), let untrusted = sdk_x509_stack_new() else {
      throw TrustProblem(reason: .other("cannot be verified now"), subject: leaf.subject)
    }
    defer {
      X509_STORE_CTX_free(context)
      sdk_x509_stack_free(untrusted)
      clearOpenSSLErrors()
    }
    for certificate in intermediates + presented.prefix(8) { _ = sdk_x509_stack_push(untrusted, certificate.pointer) }
    guard X509_STORE_CTX_init(context, store.pointer, leaf.pointer, untrusted) == 1,
      let parameters = X509_STORE_CTX_get0_param(context)
    else { throw TrustProblem(reason: .other("cannot be verified now"), subject: leaf.subject) }
    var flags = UInt(X509_V_FLAG_PARTIAL_CHAIN)
    if !store.revocationLists.isEmpty { flags |= UInt(X509_V_FLAG_CRL_CHECK) }
    X509_VERIFY_PARAM_set_flags(parameters, flags)
    X509_VERIFY_PARAM_set_time(parameters, time_t(time.timeIntervalSince1970))
    X509_VERIFY_PARAM_set_depth(parameters, Self.maximumDepth)
    // Level 2: at least 112 bits of security, so neither SHA-1 nor RSA below 2048.
    X509_VERIFY_PARAM_set_auth_level(parameters, 2)
    X509_STORE_CTX_set_verify_cb(context) { isGood, context in
      isGood == 1 || TrustStore.isWithinGrace(context) ? 1 : 0
    }
    // The context borrows the store and the certificates.
    let isTrusted = withExtendedLifetime((store, leaf, presented)) { X509_verify_cert(context) == 1 }
    guard !isTrusted else { return }
    throw TrustProblem(reason: Self.reason(X509_STORE_CTX_get_error(context)), subject: leaf.subject)
  }

  /// Whether the only fault is a revocation list that ended less than the grace ago; if so the fault is taken back.
  private static func isWithinGrace(_ context: OpaquePointer?) -> Bool {
    guard X509_STORE_CTX_get_error(context) == X509_V_ERR_CRL_HAS_EXPIRED,
      let list = X509_STORE_CTX_get0_current_crl(context), let nextUpdate = X509_CRL_get0_nextUpdate(list)
    else { return false }
    var earliest = X509_VERIFY_PARAM_get_time(X509_STORE_CTX_get0_param(context)) - time_t(revocationGrace)
    guard X509_cmp_time(nextUpdate, &earliest) > 0 else { return false }
    X509_STORE_CTX_set_error(context, X509_V_OK)
    return true
  }

  private static func reason(_ code: Int32) -> TrustProblem.Reason {
    switch code {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
      X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
      X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_CERT_SIGNATURE_FAILURE, X509_V_ERR_CERT_UNTRUSTED:
      .unknownIssuer
    case X509_V_ERR_CERT_HAS_EXPIRED: .expired
    case X509_V_ERR_CERT_NOT_YET_VALID: .notYetValid
    case X509_V_ERR_CERT_REVOKED: .revoked
    case X509_V_ERR_UNABLE_TO_GET_CRL, X509_V_ERR_CRL_HAS_EXPIRED, X509_V_ERR_CRL_NOT_YET_VALID,
      X509_V_ERR_CRL_SIGNATURE_FAILURE, X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER, X509_V_ERR_DIFFERENT_CRL_SCOPE:
      .revocationUnknown
    case X509_V_ERR_EE_KEY_TOO_SMALL, X509_V_ERR_CA_KEY_TOO_SMALL, X509_V_ERR_CA_MD_TOO_WEAK: .weak
    case X509_V_ERR_INVALID_CA, X509_V_ERR_INVALID_PURPOSE, X509_V_ERR_KEYUSAGE_NO_CERTSIGN: .wrongUsage
    default: .other(String(cString: X509_verify_cert_error_string(Int(code))))
    }
  }

  /// Anchors and revocation lists as OpenSSL has them, with the results that rest on them.
  private final class Store: @unchecked Sendable {
    // X509_STORE has its own lock, and nothing is added after `init`.
    let pointer: OpaquePointer
    let revocationLists: [RevocationList]
    let verified = BoundedCache<CacheKey, CachedResult>(limit: 1_000)

    init(anchors: Set<Certificate>, revocationLists: [RevocationList]) throws(KeyProblem) {
      guard let pointer = X509_STORE_new() else { throw .failed }
      self.pointer = pointer
      self.revocationLists = revocationLists
      defer { clearOpenSSLErrors() }
      for anchor in anchors {
        guard X509_STORE_add_cert(pointer, anchor.pointer) == 1 else { throw .failed }
      }
      for list in revocationLists {
        guard X509_STORE_add_crl(pointer, list.pointer) == 1 else { throw .failed }
      }
    }

    deinit {
      X509_STORE_free(pointer)
    }
  }
}
