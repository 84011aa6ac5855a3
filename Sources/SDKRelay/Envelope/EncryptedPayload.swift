import XMLSecurity

/// The `xenc:EncryptedData` in an envelope, as the federation builds it and in no other way.
struct EncryptedPayload {
  let cipher: ContentCipher
  let key: EncryptedKey
  /// The certificate that the key was wrapped for, where the envelope names one.
  let recipient: Certificate?
  /// The namespaces in scope where the payload stands.
  let namespaces: [XMLNamespace]

  private static func name(_ local: String) -> XMLName { XMLName(XMLNamespaces.xenc, local) }

  /// Checks shape and allow-lists; nothing is decrypted.
  init(parsing element: XMLElement) throws(EncryptionProblem) {
    let keyInfoName = XMLName(XMLNamespaces.ds, "KeyInfo")
    guard element.elements.map(\.name) == [Self.name("EncryptionMethod"), keyInfoName, Self.name("CipherData")] else {
      throw .shape("EncryptedData has other children than EncryptionMethod, KeyInfo and CipherData")
    }
    let type = element.attribute("Type")
    guard type == nil || type == EnvelopeNames.elementType || type == EnvelopeNames.contentType else {
      throw .shape("EncryptedData has a Type that is not expected")
    }
    guard let cipher = ContentCipher(uri: element.elements[0].attribute("Algorithm") ?? ""), cipher != .aes128GCM,
      element.elements[0].elements.isEmpty
    else { throw .algorithm("the content cipher") }
    let keyInfo = element.elements[1]
    let cipherData = element.elements[2]
    guard keyInfo.elements.count == 1 else { throw .shape("KeyInfo of EncryptedData does not hold one EncryptedKey") }
    guard cipherData.elements.map(\.name) == [Self.name("CipherValue")] else {
      throw .shape("CipherData of EncryptedData does not hold a CipherValue")
    }
    self.cipher = cipher
    namespaces = element.parent?.namespacesInScope() ?? []
    key = try EncryptedKey(parsing: keyInfo.elements[0], allowed: [.oaepSHA1, .oaepMGF1PwithSHA256])
    recipient = key.keyInfo.flatMap { try? X509Data.certificate(in: $0) }
  }

  /// Unwraps the content key, with at most one private-key operation where the envelope names its recipient.
  func unwrap(with keys: [PrivateKey]) throws(EnvelopeProblem) -> [UInt8] {
    let candidates = recipient.map { named in keys.filter { $0.publicKey.der == named.publicKey.der } } ?? keys
    for candidate in candidates {
      if let contentKey = try? key.transport.unwrap(key.value, with: candidate, expectedLength: cipher.keyLength) {
        return contentKey
      }
    }
    throw .undecryptable
  }

  /// Streams the ciphertext through the cipher into the sink and closes it.
  func decrypt(_ file: EnvelopeFile, key: [UInt8], into sink: any ByteSink) throws {
    let decrypted = DecryptingSink(cipher, key: key, next: sink)
    let stream = CipherValueStream(into: Base64DecodingSink(next: decrypted))
    do {
      try file.read(with: stream)
      try stream.finish()
    } catch is Base64Problem {
      throw EnvelopeProblem.undecryptable
    } catch is DecryptionFailed {
      throw EnvelopeProblem.undecryptable
    }
  }
}

/// Picks the ciphertext out of an envelope's events.
private final class CipherValueStream: XMLEventHandler {
  private let sink: any ByteSink
  private var names: [XMLName] = []
  private var isCipherValue = false

  init(into sink: any ByteSink) {
    self.sink = sink
  }

  func start(_ tag: XMLStartTag) {
    names.append(tag.name)
    isCipherValue = EnvelopePath.isCipherValue(names)
  }

  func text(_ utf8: UnsafeRawBufferPointer) throws {
    if isCipherValue { try sink.write(utf8) }
  }

  func end() {
    names.removeLast()
    isCipherValue = false
  }

  func finish() throws {
    try sink.close()
  }
}
