import Foundation
import Testing

@testable import XMLSecurity

@Suite("Sealing") struct SealingTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "sealing-\(UUID().uuidString)")
  private let key = SealKey.random()

  private func withFile(_ plain: [UInt8], _ body: (StoredFile) throws -> Void) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(seal(plain))
  }

  private func seal(_ plain: [UInt8], pieces: Int = 10_000) throws -> StoredFile {
    let spool = try Spool(folder: folder)
    let file = try SealedSpoolFile(in: spool, key: key)
    try feed(plain, to: file, pieces: pieces)
    #expect(file.size == plain.count)
    try file.keep()
    return StoredFile(spool.url(of: file.name), sealedWith: key, as: file.name)
  }

  private func read(_ file: StoredFile) throws -> [UInt8] {
    let sink = MemorySink()
    try file.write(into: sink)
    return sink.bytes
  }

  private func change(_ file: StoredFile, _ change: (inout [UInt8]) -> Void) throws {
    var bytes = [UInt8](try Data(contentsOf: file.url))
    change(&bytes)
    try Data(bytes).write(to: file.url)
  }

  @Test("small values open with their key and binding, and with nothing else")
  func values() throws {
    for length in [0, 1, 15, 16, 17, 70_000] {
      let plain = randomBytes(length)
      let sealed = key.seal(plain, binding: [1, 2])
      #expect(sealed.count == length + 28)
      #expect(sealed != key.seal(plain, binding: [1, 2]), "a nonce is new each time")
      #expect(try key.open(sealed, binding: [1, 2]) == plain)
      #expect(throws: DecryptionFailed()) { try key.open(sealed, binding: [1]) }
      #expect(throws: DecryptionFailed()) { try SealKey.random().open(sealed, binding: [1, 2]) }
      #expect(throws: DecryptionFailed()) { try key.derived([1]).open(sealed, binding: [1, 2]) }
    }
    let sealed = key.seal(Array("hemligt".utf8), binding: [])
    for place in sealed.indices {
      var changed = sealed
      changed[place] ^= 1
      #expect(throws: DecryptionFailed()) { try key.open(changed, binding: []) }
      #expect(throws: DecryptionFailed()) { try key.open(Array(sealed[..<place]), binding: []) }
    }
  }

  @Test("the test cases 13 and 14 of the GCM specification come out as published")
  func vector() throws {
    let zero = try #require(SealKey([UInt8](repeating: 0, count: 32)))
    let sealed = SealCipher(zero, sealing: true).seal(
      UnsafeRawBufferPointer(start: nil, count: 0), nonce: [UInt8](repeating: 0, count: 12), binding: [])
    // Case 13: nothing but the tag.
    #expect(hex(sealed) == "530f8afbc74536b9a963b4f1c4cb738b")
    let block = [UInt8](repeating: 0, count: 16)
    let second = block.withUnsafeBytes {
      SealCipher(zero, sealing: true).seal($0, nonce: [UInt8](repeating: 0, count: 12), binding: [])
    }
    #expect(hex(second) == "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919")
  }

  @Test("files of every length at the chunks' edges come back whole, and their plain bytes are not on the disk")
  func lengths() throws {
    let chunk = SealedFormat.chunk
    for length in [0, 1, 15, chunk - 1, chunk, chunk + 1, 2 * chunk, 2 * chunk + 7, 500_000] {
      let plain = randomBytes(length)
      for pieces in [977, chunk, 200_000] {
        try withFile(plain) { _ in
          let file = try seal(plain, pieces: pieces)
          let reader = try file.open()
          #expect(reader.size == length)
          #expect(try read(file) == plain)
          #expect(try (0..<reader.chunks).flatMap { try reader.chunk($0) } == plain)
          let mode = try FileManager.default.attributesOfItem(atPath: file.url.path)[.posixPermissions] as? Int
          #expect(mode == 0o600)
          if length >= 15 {
            #expect(try Data(contentsOf: file.url).range(of: Data(plain.prefix(15))) == nil)
          }
        }
      }
    }
  }

  @Test("W11: a sealed file that was changed in any place, cut off, added to or put together anew is refused")
  func hostile() throws {
    let chunk = SealedFormat.sealedChunk
    let head = SealedFormat.headLength
    let changes: [(String, (inout [UInt8]) -> Void)] = [
      ("last chunk left out", { $0.removeLast($0.count - head - 2 * chunk) }),
      ("all but the first left out", { $0.removeLast($0.count - head - chunk) }),
      ("last byte left out", { $0.removeLast() }),
      ("a byte added", { $0.append(0) }),
      ("a chunk added", { $0 += $0[head..<head + chunk] }),
      (
        "chunks exchanged",
        { bytes in
          let first = bytes[head..<head + chunk]
          let second = bytes[(head + chunk)..<(head + 2 * chunk)]
          bytes.replaceSubrange(head..<head + 2 * chunk, with: Array(second) + Array(first))
        }
      ),
      ("first chunk left out", { $0.removeSubrange(head..<head + chunk) }),
      ("first chunk twice", { $0.insert(contentsOf: $0[head..<head + chunk], at: head) }),
      ("nothing but the head", { $0.removeLast($0.count - head) }),
      ("half the head", { $0.removeLast($0.count - 10) }),
      ("empty", { $0 = [] }),
    ]
    let plain = randomBytes(2 * SealedFormat.chunk + 100)
    for (name, edit) in changes {
      try withFile(plain) { file in
        try change(file, edit)
        #expect(throws: SealedFileDamaged(), "\(name)") { try read(file) }
      }
    }
    let places = [0, 7, 8, 23, head, head + chunk - 1, head + chunk, head + 2 * chunk + 3, head + 2 * chunk + 115]
    for place in places {
      try withFile(plain) { file in
        try change(file) { $0[place] ^= 0x40 }
        #expect(throws: SealedFileDamaged(), "byte \(place)") { try read(file) }
      }
    }
  }

  @Test("a file opens with its own key and name only")
  func another() throws {
    try withFile([1, 2, 3]) { file in
      let other = try seal([4, 5, 6])
      let name = file.url.lastPathComponent
      #expect(throws: SealedFileDamaged()) { try read(StoredFile(file.url, sealedWith: .random(), as: name)) }
      #expect(throws: SealedFileDamaged()) { try read(StoredFile(other.url, sealedWith: key, as: name)) }
      #expect(try read(StoredFile(file.url)).starts(with: SealedFormat.magic))
      unlink(file.url.path)
      #expect(throws: SpoolProblem.unavailable(ENOENT)) { try read(file) }
    }
  }

  @Test("a keyed hash is HMAC-SHA256, over and over")
  func keyedHash() throws {
    // RFC 4231, test case 2, with the key filled up to 32 bytes as HMAC does.
    let jefe = try #require(SealKey(Array("Jefe".utf8) + [UInt8](repeating: 0, count: 28)))
    let hash = KeyedHash(jefe)
    for _ in 0..<2 {
      #expect(
        hex(hash.hash("what do ya want for nothing?"))
          == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }
    for text in ["", "a", "åäö", String(repeating: "x", count: 1_000)] {
      #expect(KeyedHash(key).hash(text) == hmacSHA256(key: key.bytes, Array(text.utf8)))
    }
  }

  @Test("a key shows nothing of itself")
  func silent() {
    var dumped = ""
    dump(key, to: &dumped)
    #expect("\(key) \(String(reflecting: key)) \(dumped)".contains("\(key.bytes[0]), ") == false)
    #expect(SealKey([1, 2, 3]) == nil)
  }

  private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { String(format: "%02x", $0) }.joined()
  }
}
