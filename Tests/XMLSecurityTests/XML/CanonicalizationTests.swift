import Foundation
import Testing
import XMLSecurity

@Suite("Canonicalization") struct CanonicalizationTests {
  static let shared: URL = {
    if let path = ProcessInfo.processInfo.environment["SDKRELAY_SHARED"] { return URL(filePath: path) }
    var folder = URL(filePath: #filePath).deletingLastPathComponent()
    while folder.path != "/", !FileManager.default.fileExists(atPath: folder.appending(path: "Package.swift").path) {
      folder.deleteLastPathComponent()
    }
    return folder.deletingLastPathComponent().appending(path: "shared")
  }()
  static let hasShared = FileManager.default.fileExists(atPath: shared.appending(path: "vectors").path)

  /// The canonical form as it streams, in pieces of the given size.
  static func streamed(
    _ document: [UInt8], _ method: Canonicalization, pieces: Int = 7, limits: XMLLimits = XMLLimits(totalBytes: 1 << 20)
  ) throws -> [UInt8] {
    let output = MemorySink()
    let canonicalizer = Canonicalizer(method, into: output)
    try feed(document, to: XMLStreamParser(limits: limits, handler: canonicalizer), pieces: pieces)
    try canonicalizer.finish()
    return output.bytes
  }

  @Test("streamed documents equal libxml2's canonical form, byte for byte", arguments: 0..<8)
  func documents(block: UInt64) throws {
    for seed in block * 300..<(block + 1) * 300 {
      var generator = DocumentGenerator(seed: seed)
      let document = Array(generator.document().utf8)
      let method = generator.method()
      let expected = LibXML2Oracle.canonical(document, method)
      let pieces = Int.random(in: 1...60, using: &generator.random)
      let ours = try Self.streamed(document, method, pieces: pieces)
      #expect(expected == ours, "seed \(seed): \(String(decoding: ours, as: UTF8.self))")
    }
  }

  @Test("subtrees equal libxml2's canonical form in their document's context", arguments: 0..<8)
  func subtrees(block: UInt64) throws {
    for seed in 10_000 + block * 200..<10_000 + (block + 1) * 200 {
      var generator = DocumentGenerator(seed: seed)
      // Processing instructions and comments are not kept in trees.
      let document = Array(
        generator.document().replacing(/<\?(pi|empty)[^?]*\?>/, with: "").replacing("<!-- comment -->", with: "").utf8)
      let method = generator.method()
      let all = try XMLElement.parse(document, limits: XMLLimits(totalBytes: 1 << 20)).descendants
      let index = Int.random(in: 0..<all.count, using: &generator.random)
      let expected = LibXML2Oracle.canonical(document, method, subtree: index)
      let ours = all[index].canonical(method)
      #expect(expected == ours, "seed \(seed) \(method): \(String(decoding: ours, as: UTF8.self))")
    }
  }

  @Test("what a tree writes reads back as the same tree")
  func serialization() throws {
    for seed in 0..<300 {
      var generator = DocumentGenerator(seed: UInt64(50_000 + seed))
      let limits = XMLLimits(totalBytes: 1 << 20)
      let tree = try XMLElement.parse(Array(generator.document().utf8), limits: limits)
      let again = try XMLElement.parse(tree.serialized(), limits: limits)
      #expect(tree.canonical(.exclusive()) == again.canonical(.exclusive()))
    }
  }

  @Test("methods with comments are unknown")
  func withComments() {
    #expect(Canonicalization(uri: "http://www.w3.org/2001/10/xml-exc-c14n#WithComments") == nil)
    #expect(Canonicalization(uri: "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments") == nil)
    #expect(Canonicalization(uri: "http://www.w3.org/2006/12/xml-c14n11") == .inclusive11)
  }
}
