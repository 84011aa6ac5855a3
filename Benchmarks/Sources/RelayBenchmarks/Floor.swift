import Foundation
import XMLSecurity

/// What the work cannot cost less than, measured in the same run: the primitives that the profile prescribes, each on
/// its own with nothing between them.
struct Floor {
  /// Seconds of CPU for a byte.
  var base64Encoding, base64Decoding, cbcEncryption, cbcDecryption, gcm, sha256, gzip, gunzip, parsing, writing: Double
  /// Seconds of CPU for an operation with a key of the federation's size.
  var sign, verify, wrap, unwrap: Double
  /// Seconds of CPU for making a small file durable (three syncs), and for a durable append, as a database commit is.
  var keep, append: Double

  /// Measures every primitive.
  init(key: PrivateKey, folder: URL) throws {
    let size = 8 << 20
    let bytes = randomBytes(size)
    let text = Array(Base64.encode(bytes).utf8)
    func each(_ input: [UInt8], _ work: ([UInt8]) throws -> Void) rethrows -> Double {
      try measure(runs: 5) { try work(input) }.cpu / Double(input.count)
    }
    func through(_ make: @escaping (any ByteSink) -> any ByteSink) -> ([UInt8]) throws -> Void {
      { input in
        let sink = make(DiscardingSink())
        try input.withUnsafeBytes { all in
          for start in stride(from: 0, to: all.count, by: 65_536) {
            try sink.write(UnsafeRawBufferPointer(rebasing: all[start..<min(start + 65_536, all.count)]))
          }
        }
        try sink.close()
      }
    }
    func output(of input: [UInt8], _ make: (any ByteSink) -> any ByteSink) throws -> [UInt8] {
      let collected = MemorySink()
      let sink = make(collected)
      try sink.write(input)
      try sink.close()
      return collected.bytes
    }
    let key256 = randomBytes(32), key128 = randomBytes(16)
    base64Encoding = try each(bytes, through { Base64EncodingSink(next: $0) })
    base64Decoding = try each(text, through { Base64DecodingSink(next: $0) })
    cbcEncryption = try each(bytes, through { EncryptingSink(.aes256CBC, key: key256, next: $0) })
    let cbc = try output(of: bytes) { EncryptingSink(.aes256CBC, key: key256, next: $0) }
    cbcDecryption = try each(cbc, through { DecryptingSink(.aes256CBC, key: key256, next: $0) })
    gcm = try each(bytes, through { EncryptingSink(.aes128GCM, key: key128, next: $0) })
    sha256 = try each(bytes, through { DigestSink(.sha256, next: $0) })
    gzip = try each(text, through { GzipCompressingSink(.huffmanOnly, next: $0) })
    let packed = try output(of: text) { GzipCompressingSink(.huffmanOnly, next: $0) }
    gunzip =
      try each(packed, through { GzipDecompressingSink(outputLimit: .max, next: $0) })
      * Double(packed.count) / Double(text.count)
    let document = Array("<a>".utf8) + text + Array("</a>".utf8)
    let limits = XMLLimits.payload(totalBytes: document.count, largeText: [XMLName("", "a")])
    parsing = try each(document, through { _ in XMLStreamParser(limits: limits, handler: Silence()) })
    let spool = try Spool(folder: folder)
    writing = try each(bytes) { input in
      let file = try spool.create()
      try file.write(input)
      try file.keep(as: "floor")
    }
    let digested = digest(.sha256, of: bytes)
    let signature = try key.sign(digest: digested)
    let wrapped = try KeyTransport.oaep256.wrap(key256, for: key.publicKey)
    sign = try measure(repeating: 40) { _ = try key.sign(digest: digested) }.cpu
    verify = try measure(repeating: 400) { _ = key.publicKey.verify(signature: signature, digest: digested, .sha256) }
      .cpu
    wrap = try measure(repeating: 400) { _ = try KeyTransport.oaep256.wrap(key256, for: key.publicKey) }.cpu
    unwrap = try measure(repeating: 40) { _ = try KeyTransport.oaep256.unwrap(wrapped, with: key) }.cpu
    keep = try measure(repeating: 50) {
      let file = try spool.create()
      try file.write([1])
      try file.keep(as: "kept")
    }.cpu
    let log = open(folder.appending(path: "log").path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    defer { close(log) }
    let page = randomBytes(4_096)
    append =
      measure(repeating: 100) {
        _ = write(log, page, page.count)
        fdatasync(log)
      }.cpu
  }
}

private final class Silence: XMLEventHandler {
  func start(_ tag: XMLStartTag) {}
  func text(_ utf8: UnsafeRawBufferPointer) {}
  func end() {}
}
