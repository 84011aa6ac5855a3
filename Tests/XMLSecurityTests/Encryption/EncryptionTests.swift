import Testing
import XMLSecurity

@Suite("Encryption") struct EncryptionTests {
  func run(_ bytes: [UInt8], pieces: Int, _ make: (any ByteSink) -> any ByteSink) throws -> [UInt8] {
    let output = MemorySink()
    try feed(bytes, to: make(output), pieces: pieces)
    return output.bytes
  }

  @Test("every cipher opens what it sealed, at every length and piece size", arguments: ContentCipher.allCases)
  func roundTrip(cipher: ContentCipher) throws {
    let key = randomBytes(cipher.keyLength)
    for length in [0, 1, 15, 16, 17, 31, 32, 1_000, 200_000] {
      let plain = randomBytes(length)
      for pieces in [1, 13, 16, 70_000] where length < 10_000 || pieces > 100 {
        let sealed = try run(plain, pieces: pieces) { EncryptingSink(cipher, key: key, next: $0) }
        #expect(try run(sealed, pieces: pieces) { DecryptingSink(cipher, key: key, next: $0) } == plain)
      }
    }
  }

  @Test(
    "E6: a changed, truncated or extended authenticated ciphertext fails alike",
    arguments: [ContentCipher.aes128GCM, .aes256GCM])
  func tampering(cipher: ContentCipher) throws {
    let key = randomBytes(cipher.keyLength)
    let sealed = try run(randomBytes(100), pieces: 100) { EncryptingSink(cipher, key: key, next: $0) }
    var wrong: [[UInt8]] = (0..<sealed.count).map { position in
      var changed = sealed
      changed[position] ^= 0x80
      return changed
    }
    wrong += (0..<sealed.count).map { Array(sealed[..<$0]) }
    wrong += [sealed + [0], [], Array(sealed.dropLast(4))]
    for bytes in wrong {
      #expect(throws: DecryptionFailed()) { try run(bytes, pieces: 50) { DecryptingSink(cipher, key: key, next: $0) } }
    }
    #expect(throws: DecryptionFailed()) {
      try run(sealed, pieces: 50) { DecryptingSink(cipher, key: randomBytes(cipher.keyLength), next: $0) }
    }
  }

  @Test("E3: a wrong length, wrong padding and a wrong key of the block cipher fail alike")
  func blockCipher() throws {
    let key = randomBytes(32)
    let sealed = try run(randomBytes(40), pieces: 40) { EncryptingSink(.aes256CBC, key: key, next: $0) }
    for length in [0, 15, 16, 17, 31, 33] {
      #expect(throws: DecryptionFailed()) {
        try run(Array(sealed[..<length]), pieces: 9) { DecryptingSink(.aes256CBC, key: key, next: $0) }
      }
    }
    #expect(throws: DecryptionFailed()) {
      try run(sealed, pieces: 9) { DecryptingSink(.aes256CBC, key: [1], next: $0) }
    }
  }

  @Test("E8: no two messages under one key have the same initialization vector")
  func vectors() throws {
    var seen: Set<[UInt8]> = []
    for _ in 0..<2_000 {
      let sealed = try run([1], pieces: 1) {
        EncryptingSink(.aes128GCM, key: [UInt8](repeating: 7, count: 16), next: $0)
      }
      #expect(seen.insert(Array(sealed.prefix(12))).inserted)
    }
  }

  @Test("key transports open what they wrapped; E5: every failure is the same")
  func keyTransport() throws {
    let key = try TestKeys.first.get()
    for transport in [KeyTransport.oaepSHA1, .oaepMGF1PwithSHA256, .oaep256] {
      let content = randomBytes(32)
      let wrapped = try transport.wrap(content, for: key.publicKey)
      #expect(try transport.unwrap(wrapped, with: key, expectedLength: 32) == content)
      #expect(throws: DecryptionFailed()) { try transport.unwrap(wrapped, with: key, expectedLength: 16) }
      #expect(throws: DecryptionFailed()) { try transport.unwrap(wrapped, with: TestKeys.second.get()) }
      #expect(throws: DecryptionFailed()) { try transport.unwrap([1, 2, 3], with: key) }
      let element = transport.element()
      #expect(try KeyTransport(parsing: element, allowed: [transport]) == transport)
      #expect(throws: EncryptionProblem.self) { try KeyTransport(parsing: element, allowed: []) }
    }
    let implicit = KeyTransport.oaepSHA1.element(explicitDigest: false)
    #expect(implicit.elements.isEmpty)
    #expect(try KeyTransport(parsing: implicit, allowed: [.oaepSHA1]) == .oaepSHA1)
  }

  @Test("E5: RSA PKCS#1 v1.5 is refused before the key is touched")
  func rsa15() throws {
    let method = XMLElement(
      "xenc:EncryptionMethod", uri: XMLNamespaces.xenc,
      attributes: [XMLAttribute(local: "Algorithm", value: "http://www.w3.org/2001/04/xmlenc#rsa-1_5")])
    #expect(throws: EncryptionProblem.algorithm("the key transport")) {
      try KeyTransport(parsing: method, allowed: [.oaepSHA1, .oaepMGF1PwithSHA256, .oaep256])
    }
  }

  @Test("E7: an encrypted key holds a wrapped key and nothing else")
  func encryptedKey() throws {
    let certificate = try TestKeys.issuing.get().issue(TestKeys.request("leaf"), key: TestKeys.first.get()).certificate
    func element() -> XMLElement {
      EncryptedKey.element(
        id: "EK", transport: .oaep256, keyInfo: X509Data.keyInfo(certificate), value: [1, 2, 3], dataReferences: ["ED"])
    }
    let read = try EncryptedKey(parsing: element(), allowed: [.oaep256])
    #expect(read.value == [1, 2, 3] && read.dataReferences == ["ED"] && read.id == "EK")
    #expect(try X509Data.certificate(in: #require(read.keyInfo)) == certificate)
    #expect(throws: EncryptionProblem.self) { try EncryptedKey(parsing: element(), allowed: [.oaepSHA1]) }
    let twice = element()
    twice.append(XMLElement("xenc:CipherData", uri: XMLNamespaces.xenc))
    #expect(throws: EncryptionProblem.self) { try EncryptedKey(parsing: twice, allowed: [.oaep256]) }
    let byReference = element()
    let data = try #require(byReference.child(XMLName(XMLNamespaces.xenc, "CipherData")))
    data.append(XMLElement("xenc:CipherReference", uri: XMLNamespaces.xenc))
    #expect(throws: EncryptionProblem.self) { try EncryptedKey(parsing: byReference, allowed: [.oaep256]) }
  }
}
