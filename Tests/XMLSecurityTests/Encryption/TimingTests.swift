import Foundation
import Testing
import XMLSecurity

/// Failures must not be told apart by how long they take. Kinds take turns, so that a slower moment hits all alike, and
/// medians are compared, since single times say nothing on a shared machine.
@Suite("Time of failures") struct TimingTests {
  private static func medians(_ kinds: [() -> Void], tries: Int = 1_000) -> [Double] {
    var times = kinds.map { _ in [Double]() }
    for _ in 0..<tries {
      for (kind, work) in kinds.enumerated() {
        let start = Cost.processorTime()
        work()
        times[kind].append((Cost.processorTime() - start) / .nanoseconds(1))
      }
    }
    return times.map { $0.sorted()[tries / 2] }
  }

  private static func expectAlike(_ medians: [Double], within part: Double) throws {
    let least = try #require(medians.min())
    let most = try #require(medians.max())
    #expect(most - least < least * part, "\(medians)")
  }

  private static func seal(_ bytes: [UInt8], _ cipher: ContentCipher, key: [UInt8]) throws -> [UInt8] {
    let sealed = MemorySink()
    try feed(bytes, to: EncryptingSink(cipher, key: key, next: sealed), pieces: bytes.count)
    return sealed.bytes
  }

  @Test("E5: a key that cannot be unwrapped, a wrong tag and a wrong digest take the same time")
  func authenticated() throws {
    let reader = try TestKeys.first.get()
    let key = randomBytes(16)
    let content = randomBytes(4_096)
    let good = try Self.seal(content, .aes128GCM, key: key)
    var wrongTag = good
    wrongTag[good.count - 1] ^= 1
    let wrapped = try KeyTransport.oaep256.wrap(key, for: reader.publicKey)
    var wrongKey = randomBytes(wrapped.count)
    wrongKey[0] = 0
    let wrongDigest = randomBytes(32)
    /// As an access point does it: a key of chance where there is none, then the content, then its digest.
    func open(_ wrapped: [UInt8], _ sealed: [UInt8]) {
      let substitute = randomBytes(16)
      let key = (try? KeyTransport.oaep256.unwrap(wrapped, with: reader, expectedLength: 16)) ?? substitute
      let plain = DigestSink(.sha256, next: DiscardingSink())
      let isOpen = (try? feed(sealed, to: DecryptingSink(.aes128GCM, key: key, next: plain), pieces: 4_096)) != nil
      let isRight = constantTimeEqual(plain.digest(), wrongDigest)
      precondition(!(isOpen && isRight))
    }
    let medians = Self.medians([{ open(wrongKey, good) }, { open(wrapped, wrongTag) }, { open(wrapped, good) }])
    // An oracle by padding would show the private-key operation or the content as a whole: most of the time.
    try Self.expectAlike(medians, within: 0.1)
  }

  @Test("E3: a block cipher's wrong padding, wrong key and right padding take the same time")
  func blocks() throws {
    let key = randomBytes(32)
    let content = randomBytes(64 * 1_024)
    let good = try Self.seal(content, .aes256CBC, key: key)
    var wrongPadding = good
    for place in wrongPadding.indices.suffix(32).prefix(16) { wrongPadding[place] ^= 0xFF }
    // A copy for each kind, so that none finds more of its bytes in the processor's cache than the others.
    let copies = [wrongPadding, Array(good.reversed().reversed()), Array(good.reversed().reversed())]
    let other = randomBytes(32)
    func open(_ sealed: [UInt8], _ key: [UInt8]) {
      try? feed(sealed, to: DecryptingSink(.aes256CBC, key: key, next: DiscardingSink()), pieces: 65_536)
    }
    let medians = Self.medians([{ open(copies[0], key) }, { open(copies[1], other) }, { open(copies[2], key) }])
    try Self.expectAlike(medians, within: 0.25)
  }
}
