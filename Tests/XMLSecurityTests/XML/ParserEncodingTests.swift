import Foundation
import Testing
import XMLSecurity

@Suite("XML encodings") struct ParserEncodingTests {
  @Test("TA29: UTF-16 and ISO-8859-1 become the same UTF-8 text", arguments: [1, 5, 4_096])
  func encodings(pieces: Int) throws {
    func text(_ bytes: [UInt8]) throws -> String? {
      let builder = XMLTreeBuilder()
      try feed(bytes, to: XMLStreamParser(limits: .soap, handler: builder), pieces: pieces)
      return builder.root?.text
    }
    for bigEndian in [true, false] {
      for name in ["UTF-16", bigEndian ? "UTF-16BE" : "utf-16le"] {
        let document = "<?xml version=\"1.0\" encoding=\"\(name)\"?><a>åäö</a>"
        #expect(try text(utf16(document, bigEndian: bigEndian, mark: true)) == "åäö")
        #expect(try text(utf16(document, bigEndian: bigEndian, mark: false)) == "åäö")
      }
      #expect(try text(utf16("<a>åäö</a>", bigEndian: bigEndian, mark: true)) == "åäö")
    }
    let latin =
      Array("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>".utf8) + [0xE5, 0xE4, 0xF6] + Array("</a>".utf8)
    #expect(try text(latin) == "åäö")
    for head in ["", "<?xml version='1.0'?>", "<?xml version='1.0' encoding='UTF-8'?>", "\n", "<!-- c -->"] {
      #expect(try text(Array("\(head)<a>åäö</a>".utf8)) == "åäö")
      #expect(try text([0xEF, 0xBB, 0xBF] + Array("\(head)<a>åäö</a>".utf8)) == "åäö")
    }
  }

  @Test("X15: another version or encoding is refused, declared or not", arguments: [1, 4_096])
  func refused(pieces: Int) {
    let ascii = { (text: String) in problem(Array(text.utf8), pieces: pieces) }
    #expect(ascii("<?xml version=\"1.1\"?><a/>") == .version)
    for name in ["UTF-7", "IBM037", "windows-1252", "UTF-32", "ISO-8859-15", "Shift_JIS", "UTF-16", "UTF-16LE"] {
      #expect(ascii("<?xml version=\"1.0\" encoding=\"\(name)\"?><a/>") != nil, "\(name)")
    }
    for shift in [[24, 16, 8, 0], [0, 8, 16, 24], [16, 24, 0, 8], [8, 0, 24, 16]] {
      for text in ["<a>x</a>", "<?xml version='1.0'?><a/>", "\u{FEFF}<a/>"] {
        let bytes = text.unicodeScalars.flatMap { scalar in shift.map { UInt8(truncatingIfNeeded: scalar.value >> $0) }
        }
        #expect(problem(bytes, pieces: pieces) == .encoding)
      }
    }
    // <?xml version="1.0"?><a/> in EBCDIC.
    let ebcdic: [UInt8] = [
      0x4C, 0x6F, 0xA7, 0x94, 0x93, 0x40, 0xA5, 0x85, 0x99, 0xA2, 0x89, 0x96, 0x95, 0x7E, 0x7F, 0xF1, 0x4B, 0xF0, 0x7F,
      0x6F, 0x6E, 0x4C, 0x81, 0x61, 0x6E,
    ]
    #expect(problem(ebcdic, pieces: pieces) == .encoding)
  }

  @Test("X7: a byte order mark and the declaration must agree")
  func contradictions() {
    let declared = { (name: String) in "<?xml version=\"1.0\" encoding=\"\(name)\"?><a/>" }
    for name in ["ISO-8859-1", "US-ASCII", "UTF-16"] {
      #expect(problem([0xEF, 0xBB, 0xBF] + Array(declared(name).utf8)) != nil, "\(name)")
    }
    for bigEndian in [true, false] {
      for name in ["UTF-8", "ISO-8859-1", bigEndian ? "UTF-16LE" : "UTF-16BE"] {
        #expect(problem(utf16(declared(name), bigEndian: bigEndian, mark: true)) != nil, "\(name)")
        #expect(problem(utf16(declared(name), bigEndian: bigEndian, mark: false)) != nil, "\(name)")
      }
      #expect(problem(utf16("<a/>", bigEndian: bigEndian, mark: false)) != nil)
    }
  }

  @Test("what libxml2 has to say about a message is not printed")
  func silence() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let surrogate = utf16("<a>191212121212", bigEndian: false, mark: true) + [0x00, 0xD8] + Array("hemlig".utf8)
      for bytes in [
        surrogate, Array("<a>\u{E5}".utf8.dropLast()) + Array("hemlig</a>".utf8), Array("<a b='1' b='2'>".utf8),
      ] {
        for pieces in [1, 4_096] { precondition(problem(bytes, pieces: pieces) != nil) }
      }
    }
    #expect(result?.standardErrorContent == [])
  }
}
