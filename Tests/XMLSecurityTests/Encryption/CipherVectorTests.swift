import Foundation
import Testing
import XMLSecurity

/// Published AES-GCM cases, and the padding of the block cipher byte for byte.
@Suite("Cipher vectors") struct CipherVectorTests {
  @Test(
    "E6: every published ciphertext opens or fails as it must",
    .enabled(if: SecurityCorpus.isPresent, "no ../shared"),
    arguments: [("aes128", ContentCipher.aes128GCM), ("aes256", .aes256GCM)])
  func gcm(name: String, cipher: ContentCipher) throws {
    let files = try SecurityCorpus.files.get()
    let list = try XMLElement.parse(#require(files["nist-aesgcm/keys-\(name)-gcm.xml"]), limits: .soap)
    var keys: [String: [UInt8]] = [:]
    for entry in list.elements {
      let parts = entry.descendants
      let name = try #require(parts.first { $0.local == "KeyName" }), key = try #require(parts.last)
      keys[name.text] = try Base64.decode(key.text)
    }
    var good = 0, bad = 0
    for (path, bytes) in files where path.hasPrefix("nist-aesgcm/\(name)/") && path.hasSuffix(".xml") {
      let parts = try XMLElement.parse(bytes, limits: .soap).descendants
      let keyName = try #require(parts.first { $0.local == "KeyName" }).text
      let key = try #require(keys[keyName])
      let sealed = try Base64.decode(#require(parts.first { $0.local == "CipherValue" }).text)
      let output = MemorySink()
      let sink = DecryptingSink(cipher, key: key, next: output)
      if let expected = files[path.replacing(".xml", with: ".data")] {
        try feed(sealed, to: sink, pieces: 5)
        // The files hold the plain text in base64.
        let plain = String(decoding: expected, as: UTF8.self).filter { !$0.isWhitespace }
        #expect(Base64.encode(output.bytes) == plain, "\(path)")
        good += 1
      } else {
        #expect(throws: DecryptionFailed(), "\(path)") { try feed(sealed, to: sink, pieces: 5) }
        bad += 1
      }
    }
    #expect(good > 10 && bad > 10)
  }

  @Test("XML Encryption 5.2: of the padding only the last byte counts, and it is 1 to 16")
  func padding() throws {
    let key = randomBytes(32)
    // The last plaintext block is the deciphered block XOR the block before it, so changing that one sets the padding.
    let plain = [UInt8](repeating: 0xA5, count: 32)
    let output = MemorySink()
    try feed(plain, to: EncryptingSink(.aes256CBC, key: key, next: output), pieces: 32)
    let sealed = Array(output.bytes.dropLast(16))  // IV and the two blocks of 0xA5
    for last in 0...255 {
      var changed = sealed
      changed[31] ^= 0xA5 ^ UInt8(last)
      let opened = MemorySink()
      let sink = DecryptingSink(.aes256CBC, key: key, next: opened)
      if (1...16).contains(last) {
        try feed(changed, to: sink, pieces: 7)
        #expect(opened.bytes.count == 32 - last)
        #expect(Array(opened.bytes.dropFirst(16)) == Array(plain.dropFirst(16 + last)))
      } else {
        #expect(throws: DecryptionFailed()) { try feed(changed, to: sink, pieces: 7) }
      }
    }
  }

  @Test(
    "E7: of a corpus of every kind of encryption only RSA-OAEP with an allowed digest is read",
    .enabled(if: SecurityCorpus.isPresent, "no ../shared"))
  func encryptedKeys() throws {
    var read = 0, seen = 0
    for (path, bytes) in try SecurityCorpus.files.get() where path.hasSuffix(".xml") {
      guard let document = try? XMLElement.parse(bytes, limits: .envelope(totalBytes: 4 << 20)) else { continue }
      for element in document.descendants where element.name == XMLName(XMLNamespaces.xenc, "EncryptedKey") {
        seen += 1
        let all: Set<KeyTransport> = [.oaepSHA1, .oaepMGF1PwithSHA256, .oaep256]
        guard (try? EncryptedKey(parsing: element, allowed: all)) != nil else { continue }
        read += 1
        let method = try #require(element.child(XMLName(XMLNamespaces.xenc, "EncryptionMethod")))
        #expect(method.attribute("Algorithm")?.contains("#rsa-oaep") == true, "\(path)")
      }
    }
    #expect(seen > 50 && read > 0 && read < seen / 2)
  }
}
