internal import COpenSSL
public import Foundation

/// What a certificate to be issued says.
public struct CertificateRequest: Sendable {
  /// Attribute types by their short names, most significant first: `[("C", "SE"), ("O", "…"), ("CN", "…")]`.
  public var subject: [(type: String, value: String)]
  /// Whether the certificate may issue others.
  public var isCA = false
  /// The key usage extension as OpenSSL's configuration writes it.
  public var keyUsage = "critical,digitalSignature,keyEncipherment"
  /// The extended key usage extension in the same form; none when nil.
  public var extendedKeyUsage: String?
  /// The host names of the certificate.
  public var dnsNames: [String] = []
  /// The addresses of the certificate.
  public var ipAddresses: [String] = []
  /// The first moment of validity: an hour ago unless told.
  public var notBefore = Date(timeIntervalSinceNow: -3_600)
  /// The last moment of validity: in two years unless told.
  public var notAfter = Date(timeIntervalSinceNow: 2 * 365 * 86_400)
  /// The digest of the issuer's signature.
  public var signatureDigest = DigestAlgorithm.sha256

  public init(subject: [(type: String, value: String)]) {
    self.subject = subject
  }
}

/// Issues certificates for test federations. Real ones come from the federation's own authorities.
public struct CertificateAuthority: Sendable {
  /// The authority's own certificate and key.
  public let identity: Identity

  /// Issues with an identity at hand, even one that is no CA: tests need wrong issuers too.
  public init(identity: Identity) {
    self.identity = identity
  }

  /// A new self-signed authority.
  public static func root(
    _ name: String, organization: String = "Test", bits: Int = 3072
  ) throws -> CertificateAuthority {
    var request = CertificateRequest(subject: [("C", "SE"), ("O", organization), ("CN", name)])
    request.isCA = true
    request.notAfter = Date(timeIntervalSinceNow: 10 * 365 * 86_400)
    let key = try PrivateKey.generate(bits: bits)
    return CertificateAuthority(identity: try selfSigned(request, key: key))
  }

  /// A certificate that its own key has signed.
  public static func selfSigned(_ request: CertificateRequest, key: PrivateKey) throws -> Identity {
    let certificate = try build(request, key: key.publicKey, issuer: nil, signer: key)
    return try Identity(certificate: certificate, privateKey: key)
  }

  /// An authority below this one.
  public func authority(_ name: String, organization: String = "Test", bits: Int = 3072) throws -> CertificateAuthority
  {
    var request = CertificateRequest(subject: [("C", "SE"), ("O", organization), ("CN", name)])
    request.isCA = true
    request.notAfter = Date(timeIntervalSinceNow: 8 * 365 * 86_400)
    return CertificateAuthority(identity: try issue(request, key: try PrivateKey.generate(bits: bits)))
  }

  /// A certificate for the key, with this authority's certificate as its chain.
  public func issue(_ request: CertificateRequest, key: PrivateKey) throws -> Identity {
    let certificate = try Self.build(
      request, key: key.publicKey, issuer: identity.certificate, signer: identity.privateKey)
    let isRoot = identity.certificate.subject == identity.certificate.issuerName
    let chain = isRoot ? [] : [identity.certificate] + identity.chain
    return try Identity(certificate: certificate, privateKey: key, chain: chain)
  }

  /// A revocation list in DER.
  /// - Parameter revoked: serial numbers in decimal.
  public func revocationList(
    revoked: [String], at time: Date = Date(), nextUpdate: Date = Date(timeIntervalSinceNow: 86_400)
  ) throws(KeyProblem) -> [UInt8] {
    guard let list = X509_CRL_new() else { throw .failed }
    defer { X509_CRL_free(list) }
    guard X509_CRL_set_version(list, 1) == 1,
      X509_CRL_set_issuer_name(list, X509_get_subject_name(identity.certificate.pointer)) == 1,
      let now = ASN1_TIME_set(nil, time_t(time.timeIntervalSince1970)),
      let next = ASN1_TIME_set(nil, time_t(nextUpdate.timeIntervalSince1970))
    else { throw .failed }
    defer {
      ASN1_STRING_free(now)
      ASN1_STRING_free(next)
    }
    X509_CRL_set1_lastUpdate(list, now)
    X509_CRL_set1_nextUpdate(list, next)
    for serial in revoked {
      var number: OpaquePointer?
      guard BN_dec2bn(&number, serial) > 0, let entry = X509_REVOKED_new() else { throw .failed }
      defer { BN_free(number) }
      let value = BN_to_ASN1_INTEGER(number, nil)
      defer { ASN1_STRING_free(value) }
      X509_REVOKED_set_serialNumber(entry, value)
      X509_REVOKED_set_revocationDate(entry, now)
      guard X509_CRL_add0_revoked(list, entry) == 1 else { throw .failed }
    }
    guard X509_CRL_sort(list) == 1, X509_CRL_sign(list, identity.privateKey.pointer, EVP_sha256()) > 0 else {
      throw .failed
    }
    var output: UnsafeMutablePointer<UInt8>?
    let length = i2d_X509_CRL(list, &output)
    defer { sdk_openssl_free(output) }
    guard length > 0, let output else { throw .failed }
    return Array(UnsafeBufferPointer(start: output, count: Int(length)))
  }

  private static func build(
    _ request: CertificateRequest, key: PublicKey, issuer: Certificate?, signer: PrivateKey
  ) throws -> Certificate {
    guard let pointer = X509_new() else { throw KeyProblem.failed }
    defer {
      X509_free(pointer)
      clearOpenSSLErrors()
    }
    guard X509_set_version(pointer, 2) == 1, setSerial(pointer), X509_set_pubkey(pointer, key.pointer) == 1,
      ASN1_TIME_set(X509_getm_notBefore(pointer), time_t(request.notBefore.timeIntervalSince1970)) != nil,
      ASN1_TIME_set(X509_getm_notAfter(pointer), time_t(request.notAfter.timeIntervalSince1970)) != nil
    else { throw KeyProblem.failed }
    let subject = X509_get_subject_name(pointer)
    for (type, value) in request.subject {
      guard X509_NAME_add_entry_by_txt(subject, type, MBSTRING_UTF8, value, -1, -1, 0) == 1 else {
        throw KeyProblem.failed
      }
    }
    let issuerName = issuer.map { X509_get_subject_name($0.pointer) } ?? subject
    guard X509_set_issuer_name(pointer, issuerName) == 1 else { throw KeyProblem.failed }
    try addExtensions(of: request, to: pointer, issuer: issuer?.pointer ?? pointer)
    guard X509_sign(pointer, signer.pointer, request.signatureDigest.openSSL) > 0 else { throw KeyProblem.failed }
    var output: UnsafeMutablePointer<UInt8>?
    let length = i2d_X509(pointer, &output)
    defer { sdk_openssl_free(output) }
    guard length > 0, let output else { throw KeyProblem.failed }
    return try Certificate.parse(der: Array(UnsafeBufferPointer(start: output, count: Int(length))))
  }

  private static func addExtensions(
    of request: CertificateRequest, to certificate: OpaquePointer, issuer: OpaquePointer
  ) throws {
    var context = v3_ext_ctx()
    X509V3_set_ctx(&context, issuer, certificate, nil, nil, 0)
    var extensions: [(Int32, String)] = [
      (NID_basic_constraints, "critical,CA:\(request.isCA ? "TRUE" : "FALSE")"),
      (NID_key_usage, request.isCA ? "critical,keyCertSign,cRLSign" : request.keyUsage),
      (NID_subject_key_identifier, "hash"),
      (NID_authority_key_identifier, "keyid"),
    ]
    if let extended = request.extendedKeyUsage { extensions.append((NID_ext_key_usage, extended)) }
    let names = request.dnsNames.map { "DNS:\($0)" } + request.ipAddresses.map { "IP:\($0)" }
    if !names.isEmpty { extensions.append((NID_subject_alt_name, names.joined(separator: ","))) }
    for (identifier, value) in extensions {
      guard let added = X509V3_EXT_conf_nid(nil, &context, identifier, value) else { throw KeyProblem.failed }
      defer { X509_EXTENSION_free(added) }
      guard X509_add_ext(certificate, added, -1) == 1 else { throw KeyProblem.failed }
    }
  }

  private static func setSerial(_ certificate: OpaquePointer) -> Bool {
    // Sixteen random bytes, positive and never zero.
    var bytes = randomBytes(16)
    bytes[0] = bytes[0] & 0x7F | 0x40
    guard let number = BN_bin2bn(bytes, Int32(bytes.count), nil) else { return false }
    defer { BN_free(number) }
    return BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nil
  }
}
