import Foundation
import Testing

@testable import XMLSecurity

/// Published RSA cases, valid ones and forged ones.
@Suite("RSA vectors", .enabled(if: CanonicalizationTests.hasShared, "no ../shared")) struct WycheproofTests {
  struct File: Decodable {
    let testGroups: [Group]
  }
  struct Group: Decodable {
    let publicKeyDer: String?
    let privateKeyPem: String?
    let privateKeyPkcs8: String?
    let tests: [Case]
  }
  struct Case: Decodable {
    let tcId: Int
    let msg: String
    let ct: String?
    let sig: String?
    let label: String?
    let result: String
  }

  func load(_ name: String) throws -> [Group] {
    let url = CanonicalizationTests.shared.appending(path: "vectors/wycheproof/\(name)_test.json")
    return try JSONDecoder().decode(File.self, from: Data(contentsOf: url)).testGroups
  }

  func bytes(_ hex: String) -> [UInt8] {
    stride(from: 0, to: hex.count, by: 2).compactMap { UInt8(hex.dropFirst($0).prefix(2), radix: 16) }
  }

  @Test("X17: no forged signature is accepted, every good one is")
  func signatures() throws {
    for group in try load("rsa_signature_2048_sha256") {
      let key = try PublicKey.load(der: bytes(try #require(group.publicKeyDer)))
      for test in group.tests {
        let digested = digest(.sha256, of: bytes(test.msg))
        let accepted = key.verify(signature: bytes(test.sig ?? ""), digest: digested, .sha256)
        // "acceptable" marks encodings of old products; the strict reading refuses them.
        #expect(accepted == (test.result == "valid"), "case \(test.tcId)")
      }
    }
  }

  @Test(
    "E5: OAEP opens every good ciphertext and fails alike for every other",
    arguments: [
      ("rsa_oaep_2048_sha1_mgf1sha1", DigestAlgorithm.sha1, DigestAlgorithm.sha1),
      ("rsa_oaep_2048_sha256_mgf1sha1", .sha256, .sha1), ("rsa_oaep_2048_sha256_mgf1sha256", .sha256, .sha256),
    ])
  func oaep(name: String, digest: DigestAlgorithm, mgf: DigestAlgorithm) throws {
    for group in try load(name) {
      let der = bytes(try #require(group.privateKeyPkcs8))
      let text = Data(der).base64EncodedString(options: .lineLength64Characters)
      let pem = "-----BEGIN PRIVATE KEY-----\n\(text)\n-----END PRIVATE KEY-----\n"
      let key = try PrivateKey.load(pem: Array(pem.utf8))
      for test in group.tests where (test.label ?? "").isEmpty {
        let plain = try? key.decryptOAEP(bytes(test.ct ?? ""), digest: digest, mgf: mgf)
        #expect((plain == bytes(test.msg)) == (test.result == "valid"), "case \(test.tcId)")
      }
    }
  }
}
