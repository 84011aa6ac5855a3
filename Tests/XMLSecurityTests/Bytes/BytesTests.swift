import Foundation
import Testing
import XMLSecurity

/// Writes the bytes in pieces of the given size.
func feed(_ bytes: [UInt8], to sink: any ByteSink, pieces: Int) throws {
  for start in stride(from: 0, to: bytes.count, by: pieces) {
    try sink.write(Array(bytes[start..<min(start + pieces, bytes.count)]))
  }
  try sink.close()
}

@Suite("Bytes") struct BytesTests {
  @Test("base64 equals Foundation's for every length and piece size", arguments: [1, 2, 3, 5, 64, 100_000])
  func base64(pieces: Int) throws {
    for length in [0, 1, 2, 3, 4, 57, 58, 59, 200, 70_000] {
      let bytes = randomBytes(length)
      let encoded = MemorySink()
      try feed(bytes, to: Base64EncodingSink(next: encoded), pieces: pieces)
      #expect(encoded.bytes == Array(Data(bytes).base64EncodedString().utf8))
      let decoded = MemorySink()
      try feed(encoded.bytes, to: Base64DecodingSink(next: decoded), pieces: pieces)
      #expect(decoded.bytes == bytes)
      #expect(Base64.encode(bytes) == Data(bytes).base64EncodedString())
    }
  }

  @Test("base64 in lines of 76 characters is read, white space anywhere is skipped")
  func base64Lines() throws {
    let bytes = randomBytes(10_000)
    let lines = Data(bytes).base64EncodedString(options: [.lineLength76Characters, .endLineWithCarriageReturn])
    #expect(try Base64.decode(" \t" + lines + "\r\n") == bytes)
    #expect(try Base64.decode("Q U\nI=\t") == [65, 66])
  }

  @Test(
    "SDK-PAY-14: what is not canonical base64 is refused",
    arguments: [
      ("QQ", Base64Problem.padding), ("QQ=", .padding), ("Q===", .padding), ("QQ==QQ==", .padding), ("=", .padding),
      ("QUI==", .padding), ("QR==", .trailingBits), ("QUJ=", .trailingBits), ("Q-==", .character), ("QQ!=", .character),
      ("QUJD\u{0}", .character), ("QUJDQUJDå", .character), ("QQ=Q", .padding),
    ])
  func base64Wrong(text: String, problem: Base64Problem) {
    #expect(throws: problem) { try Base64.decode(text) }
    let long = String(repeating: "QUJD", count: 100)
    #expect(throws: problem) { try Base64.decode(long + text) }
  }

  @Test("gzip round trip in both strategies, equal input gives equal output", arguments: [1, 7, 65_536, 1_000_000])
  func gzip(pieces: Int) throws {
    let text = Array(Base64.encode(randomBytes(pieces == 1 ? 3_000 : 300_000)).utf8)
    for strategy in [GzipStrategy.huffmanOnly, .level(6)] {
      let first = MemorySink()
      let second = MemorySink()
      let back = MemorySink()
      try feed(text, to: GzipCompressingSink(strategy, next: first), pieces: pieces)
      try feed(text, to: GzipCompressingSink(strategy, next: second), pieces: pieces)
      try feed(first.bytes, to: GzipDecompressingSink(outputLimit: text.count, next: back), pieces: pieces)
      #expect(first.bytes == second.bytes)
      #expect(back.bytes == text)
      #expect(Double(first.bytes.count) < 0.8 * Double(text.count))
    }
  }

  @Test("T3: a bomb, a second member, junk, a wrong checksum, truncation and other formats are refused")
  func gzipHostile() throws {
    let packed = MemorySink()
    try feed([UInt8](repeating: 0, count: 4_000_000), to: GzipCompressingSink(.level(9), next: packed), pieces: 65_536)
    func unpack(_ bytes: [UInt8], limit: Int = 8_000_000, ratio: Int = 1_100) throws {
      try feed(
        bytes, to: GzipDecompressingSink(outputLimit: limit, ratioLimit: ratio, next: DiscardingSink()), pieces: 999)
    }
    try unpack(packed.bytes)
    #expect(throws: GzipProblem.tooLarge) { try unpack(packed.bytes, limit: 3_999_999) }
    #expect(throws: GzipProblem.tooLarge) { try unpack(packed.bytes, ratio: 100) }
    #expect(throws: GzipProblem.trailingData) { try unpack(packed.bytes + packed.bytes) }
    #expect(throws: GzipProblem.trailingData) { try unpack(packed.bytes + [0]) }
    #expect(throws: GzipProblem.truncated) { try unpack(packed.bytes.dropLast(1)) }
    #expect(throws: GzipProblem.notGzip) { try unpack(Array("<xml/>".utf8)) }
    #expect(throws: GzipProblem.notGzip) { try unpack([]) }
    var wrong = packed.bytes
    wrong[wrong.count - 6] ^= 1
    #expect(throws: GzipProblem.corrupt) { try unpack(wrong) }
  }

  @Test("T3: what is no gzip, or broken gzip, is told alike however it comes")
  func gzipPieces() throws {
    let packed = MemorySink()
    try feed(
      Array("some text, some text, some text".utf8), to: GzipCompressingSink(.level(9), next: packed), pieces: 99)
    func problem(_ bytes: [UInt8], pieces: Int) -> GzipProblem? {
      do {
        try feed(bytes, to: GzipDecompressingSink(outputLimit: 1_000, next: DiscardingSink()), pieces: pieces)
        return nil
      } catch {
        return error as? GzipProblem
      }
    }
    for place in packed.bytes.indices {
      for mask: UInt8 in [0x01, 0x20, 0x80] {
        var changed = packed.bytes
        changed[place] ^= mask
        let whole = problem(changed, pieces: changed.count)
        #expect(whole == problem(changed, pieces: 1) && whole == problem(changed, pieces: 7), "byte \(place)")
        if place < 3 { #expect(whole == .notGzip) }
        if place > 9 { #expect(whole != .notGzip) }
      }
    }
  }

  @Test("digests equal the published values")
  func digests() throws {
    let hex = { (bytes: [UInt8]) in bytes.map { String(format: "%02x", $0) }.joined() }
    #expect(hex(digest(.sha1, of: Array("abc".utf8))) == "a9993e364706816aba3e25717850c26c9cd0d89d")
    #expect(
      hex(digest(.sha256, of: Array("abc".utf8))) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    for algorithm in DigestAlgorithm.allCases {
      let bytes = randomBytes(100_000)
      let sink = DigestSink(algorithm, next: DiscardingSink())
      try feed(bytes, to: sink, pieces: 777)
      #expect(sink.digest() == digest(algorithm, of: bytes))
      #expect(sink.digest().count == algorithm.length)
      #expect(DigestAlgorithm(uri: algorithm.uri) == algorithm)
    }
    #expect(DigestAlgorithm(uri: "HTTP://www.w3.org/2001/04/xmlenc#sha256") == nil)
  }

  @Test("limits stop one byte too many")
  func limits() throws {
    let memory = MemorySink(limit: 3)
    try memory.write("abc")
    #expect(throws: ByteLimitExceeded.self) { try memory.write("d") }
    let counting = CountingSink(limit: 3, next: DiscardingSink())
    #expect(throws: ByteLimitExceeded.self) { try counting.write("abcd") }
  }

  @Test("a spool file is there whole or not at all")
  func spool() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    let spool = try Spool(folder: folder)
    let bytes = randomBytes(500_000)
    do {
      let dropped = try spool.create()
      try dropped.write(bytes)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    let kept = try spool.create()
    for piece in stride(from: 0, to: bytes.count, by: 3_333) {
      try kept.write(Array(bytes[piece..<min(piece + 3_333, bytes.count)]))
    }
    #expect(spool.names().isEmpty)
    try kept.keep(as: "one")
    #expect(spool.names() == ["one"])
    #expect(kept.size == bytes.count)
    let back = MemorySink()
    try readFile(spool.url(of: "one"), into: back)
    #expect(back.bytes == bytes)
    spool.remove("one")
    #expect(spool.names().isEmpty)
  }

  @Test("a spool folder that cannot be made is an error")
  func noFolder() {
    #expect(throws: SpoolProblem.self) { try Spool(folder: URL(filePath: "/proc/none")) }
  }
}
