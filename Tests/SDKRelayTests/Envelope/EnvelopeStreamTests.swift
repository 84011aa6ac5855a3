import Foundation
import SDKRelay
import Testing
import XMLSecurity

/// What envelopes cost, and payloads of every kind in them.
@Suite("Envelope streams") struct EnvelopeStreamTests {
  /// Seals a payload of so many bytes, reads, verifies and opens it; in files, as a node does.
  static func exchange(_ header: EnvelopeHeader, size: Int) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "envelope-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = try Spool(folder: folder).create()
    let piece = Array(Base64.encode(randomBytes(48_000)).utf8)
    let pieces = max(1, size / piece.count)
    let recipient = header.isEncrypted ? try EnvelopeKit.recipient.get().certificate : nil
    _ = try Envelope.seal(header, encryptedFor: recipient, signedBy: EnvelopeKit.sender.get(), into: file) { sink in
      try sink.write("<m:content xmlns:m=\"urn:riv:infrastructure:messaging:MessageWithAttachments:3\">")
      for _ in 0..<pieces { try sink.write(piece) }
      try sink.write("</m:content>")
    }
    try file.close()
    let count = CountingSink()
    try withExtendedLifetime(file) {
      _ = try ReceivedEnvelope.read(file.temporaryURL).verify(.chain(EnvelopeKit.trust()), at: Date())
        .open(with: [EnvelopeKit.recipient.get().privateKey], into: count)
    }
    guard count.count > pieces * piece.count else { throw EnvelopeProblem.unreadable }
  }

  static func peakMemory() -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 1_024
  }

  static func isFlat(encrypted: Bool, size: Int) throws {
    try exchange(EnvelopeKit.header(encrypted: encrypted), size: 64_000)
    let before = peakMemory()
    try exchange(EnvelopeKit.header(encrypted: encrypted), size: size)
    let grown = peakMemory() - before
    guard before > 0, grown < 4_000_000 else { throw SpoolProblem.unavailable(Int32(truncatingIfNeeded: grown)) }
  }

  @Test("TF-08: an encrypted envelope of 100 MB is sealed and opened in a few megabytes", .timeLimit(.minutes(5)))
  func flatEncrypted() async {
    await #expect(processExitsWith: .success) { try EnvelopeStreamTests.isFlat(encrypted: true, size: 75_000_000) }
  }

  @Test("an unencrypted envelope of 25 MB is sealed and opened in a few megabytes", .timeLimit(.minutes(5)))
  func flatPlain() async {
    await #expect(processExitsWith: .success) { try EnvelopeStreamTests.isFlat(encrypted: false, size: 25_000_000) }
  }

  @Test("X14: a large header is refused instead of held", arguments: ["text", "attributes", "elements"])
  func largeHeader(kind: String) throws {
    let text = String(decoding: try EnvelopeKit.sealed(), as: UTF8.self)
    let large = String(repeating: "x", count: 600_000)
    let hostile =
      switch kind {
      case "text": "<xhb:UUID>\(large)</xhb:UUID><xhb:UUID>\(large)</xhb:UUID>"
      case "attributes": "<xhb:UUID a=\"\(large.prefix(40_000))\"/>"
      default: "<xhb:UUID/>"
      }
    let repeats = kind == "text" ? 1 : kind == "attributes" ? 30 : 600
    let changed = text.changingAll("<xha:Header>", to: "<xha:Header>" + String(repeating: hostile, count: repeats))
    do {
      _ = try EnvelopeKit.read(Array(changed.utf8))
      Issue.record("accepted")
    } catch EnvelopeProblem.notWellFormed(let problem) {
      #expect([.text, .elements, .markup].contains(problem.kind))
    }
  }

  @Test("E1, SDK-XHE-10: a bad signature costs no private-key operation, a good one exactly one")
  func operations() async {
    // In a process of its own, since operations are counted for the process.
    await #expect(processExitsWith: .success) {
      let good = try EnvelopeKit.sealed()
      let text = String(decoding: good, as: UTF8.self)
      let key = try EnvelopeKit.recipient.get().privateKey
      let other = try EnvelopeKit.sender.get().privateKey
      let changed = Array(text.changingAll("DOCUMENTID</", to: "DOCUMENTID </").utf8)
      let ciphertext = text.replacing(/<xenc:CipherValue>(.)/) { match in
        "<xenc:CipherValue>" + (match.1 == "A" ? "B" : "A")
      }
      let before = PrivateKey.operations
      for bytes in [
        changed, Array(ciphertext.utf8),
        Array(text.changingAll("<ds:SignatureValue>", to: "<ds:SignatureValue>AAAA").utf8),
      ] {
        let envelope = try EnvelopeKit.read(bytes)
        guard (try? envelope.verify(.signatureOnly, at: Date())) == nil else { throw EnvelopeProblem.unsigned }
        _ = envelope.summary()
      }
      let verified = try EnvelopeKit.verify(good)
      _ = verified.encryptedKeyDigest
      guard PrivateKey.operations == before else { throw KeyProblem.failed }
      // The envelope names its recipient, so that no other key is tried.
      guard (try? verified.open(with: [other], into: DiscardingSink())) == nil else { throw EnvelopeProblem.unsigned }
      guard PrivateKey.operations == before else { throw KeyProblem.failed }
      _ = try verified.open(with: [other, key], into: DiscardingSink())
      guard PrivateKey.operations == before + 1 else { throw KeyProblem.failed }
    }
  }

  @Test("a payload that is not XML travels as base64, plain and encrypted, and comes out as it was")
  func otherPayloads() throws {
    let document = randomBytes(100_001)
    for isEncrypted in [true, false] {
      var header = try EnvelopeKit.header(encrypted: isEncrypted)
      header.contentTypeCode = "application/EDIFACT"
      header.documentTypeCode = "UN/EDIFACT"
      let sealed = MemorySink()
      let recipient = isEncrypted ? try EnvelopeKit.recipient.get().certificate : nil
      _ = try Envelope.seal(header, encryptedFor: recipient, signedBy: EnvelopeKit.sender.get(), into: sealed) {
        try $0.write(document)
      }
      let opened = MemorySink()
      _ = try EnvelopeKit.verify(sealed.bytes).open(with: [EnvelopeKit.recipient.get().privateKey], into: opened)
      #expect(opened.bytes == document)
    }
  }

  @Test("tm-base: an unsigned envelope opens as unsigned only, and never where the federation's mail is signed")
  func unsigned() throws {
    for model in TransportModel.allCases {
      var header = try EnvelopeKit.header(encrypted: false)
      header.documentID = .message(model)
      let sealed = MemorySink()
      _ = try Envelope.seal(header, encryptedFor: nil, signedBy: nil, into: sealed) {
        try $0.write(EnvelopeKit.payload)
      }
      let envelope = try EnvelopeKit.read(sealed.bytes)
      #expect(throws: EnvelopeProblem.unsigned) { try envelope.verify(.signatureOnly, at: Date()) }
      let opened = MemorySink()
      guard model == .base else {
        #expect(throws: EnvelopeProblem.unsigned) { try envelope.openUnsigned(into: opened) }
        #expect(opened.bytes.isEmpty)
        continue
      }
      #expect(try envelope.openUnsigned(into: opened).signer == nil)
      #expect(!opened.bytes.isEmpty)
    }
    // What is signed is verified, or not opened at all.
    let signed = try EnvelopeKit.read(EnvelopeKit.sealed(header: EnvelopeKit.header(encrypted: false)))
    #expect(throws: EnvelopeProblem.unsigned) { try signed.openUnsigned(into: DiscardingSink()) }
  }

  @Test("an envelope's file that is replaced between verifying and opening is not read")
  func replaced() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "envelope-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let url = folder.appending(path: "envelope.xml")
    try Data(EnvelopeKit.sealed()).write(to: url, options: .atomic)
    let verified = try ReceivedEnvelope.read(url).verify(.chain(EnvelopeKit.trust()), at: Date())
    try Data(EnvelopeKit.sealed("<other/>")).write(to: url, options: .atomic)
    let opened = MemorySink()
    _ = try verified.open(with: [EnvelopeKit.recipient.get().privateKey], into: opened)
    #expect(String(decoding: opened.bytes, as: UTF8.self) == EnvelopeKit.payload)
  }

  @Test("payloads come out the same in pieces of any size", arguments: [1, 15, 16, 17, 4_095])
  func pieces(size: Int) throws {
    let payload = "<p xmlns=\"urn:p\">" + Base64.encode(randomBytes(10_000)) + "</p>"
    let bytes = Array(payload.utf8)
    let sealed = MemorySink()
    _ = try Envelope.seal(
      EnvelopeKit.header(), encryptedFor: EnvelopeKit.recipient.get().certificate,
      signedBy: EnvelopeKit.sender.get(), into: sealed
    ) { sink in
      for start in stride(from: 0, to: bytes.count, by: size) {
        try sink.write(Array(bytes[start..<min(start + size, bytes.count)]))
      }
    }
    #expect(try EnvelopeKit.open(sealed.bytes) == payload)
  }

  @Test("what the sink throws comes out as it is, and is not taken for a fault of the envelope")
  func sinkFails() throws {
    for header in [try EnvelopeKit.header(), try EnvelopeKit.header(encrypted: false)] {
      let verified = try EnvelopeKit.verify(EnvelopeKit.sealed(header: header))
      #expect(throws: ByteLimitExceeded.self) {
        try verified.open(with: [EnvelopeKit.recipient.get().privateKey], into: MemorySink(limit: 3))
      }
    }
  }
}
