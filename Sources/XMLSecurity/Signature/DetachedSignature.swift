internal import COpenSSL

/// A detached CMS signature (RFC 5652) in the baseline form of CAdES (ETSI EN 319 122-1): SHA-256, with the signer's
/// certificate in it and bound by the signature.
public enum DetachedSignature {
  /// In bytes: a signature with a few certificates takes less than a tenth of it.
  public static let maximumBytes = 256 * 1024

  /// Signs the bytes.
  /// - Returns: the signature in DER, with the signer's certificate and its chain.
  public static func make(over bytes: [UInt8], by identity: Identity) throws(KeyProblem) -> [UInt8] {
    guard let issuers = sdk_x509_stack_new(), let output = BIO_new(BIO_s_mem()) else { throw .failed }
    defer {
      sdk_x509_stack_free(issuers)
      BIO_free(output)
      clearOpenSSLErrors()
    }
    for certificate in identity.chain { _ = sdk_x509_stack_push(issuers, certificate.pointer) }
    let isMade = withInput(bytes) { input in
      guard
        let signature = CMS_sign(
          identity.certificate.pointer, identity.privateKey.pointer, issuers, input, flags | UInt32(CMS_NOSMIMECAP))
      else { return false }
      defer { CMS_ContentInfo_free(signature) }
      return i2d_CMS_bio(output, signature) == 1
    }
    guard isMade else { throw .failed }
    return contents(of: output)
  }

  /// Checks that it is one signature over these bytes by the certificate in it. Whom to believe is for a ``TrustStore``.
  /// - Returns: the signer's certificate.
  public static func verify(_ der: [UInt8], over bytes: [UInt8]) throws(SignatureProblem) -> Certificate {
    guard der.count <= maximumBytes else { throw .shape("the signature is too large") }
    defer { clearOpenSSLErrors() }
    guard let signature = withInput(der, { d2i_CMS_bio($0, nil) }) else {
      throw .shape("the signature is not CMS in DER")
    }
    defer { CMS_ContentInfo_free(signature) }
    guard sdk_cms_is_plain(signature) == 1 else { throw .shape("it is not one signature with SHA-256") }
    let isValid = withInput(bytes) { input in
      CMS_verify(signature, nil, nil, input, nil, plainFlags | UInt32(CMS_NO_SIGNER_CERT_VERIFY)) == 1
    }
    guard isValid else { throw .valueMismatch }
    var signer: UnsafeMutablePointer<UInt8>?
    let length = sdk_cms_signer(signature, &signer)
    defer { sdk_openssl_free(signer) }
    guard length > 0, let signer,
      let certificate = try? Certificate.parse(der: Array(UnsafeBufferPointer(start: signer, count: Int(length))))
    else { throw .keyInfo("the signature's certificate cannot be read") }
    guard binds(signature, certificate, bytes) else { throw .keyInfo("the signature does not bind its certificate") }
    return certificate
  }

  /// Whether the signature covers the certificate's digest (ESS signing-certificate-v2). OpenSSL looks at it only where
  /// it builds a chain, so it gets one of the certificate alone.
  private static func binds(_ signature: OpaquePointer, _ certificate: Certificate, _ bytes: [UInt8]) -> Bool {
    guard let store = X509_STORE_new() else { return false }
    defer { X509_STORE_free(store) }
    X509_STORE_add_cert(store, certificate.pointer)
    X509_STORE_set_flags(store, UInt(X509_V_FLAG_PARTIAL_CHAIN) | UInt(X509_V_FLAG_NO_CHECK_TIME))
    X509_STORE_set_purpose(store, X509_PURPOSE_ANY)
    return withInput(bytes) { CMS_verify(signature, nil, store, $0, nil, flags) == 1 }
  }

  private static let plainFlags = UInt32(CMS_DETACHED | CMS_BINARY)
  private static let flags = plainFlags | UInt32(CMS_CADES)

  private static func withInput<Value>(_ bytes: [UInt8], _ work: (OpaquePointer?) -> Value) -> Value {
    bytes.withUnsafeBytes { bytes in
      let input = BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count))
      defer { BIO_free(input) }
      return work(input)
    }
  }
}
