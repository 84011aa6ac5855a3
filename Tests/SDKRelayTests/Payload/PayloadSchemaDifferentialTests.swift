import Foundation
import SDKRelay
import Testing

/// Our schema check and libxml2's must agree on every document.
@Suite(
  "Payload schema beside xmllint",
  .enabled(if: OfficialFiles.isPresent && XMLLint.isPresent, "xmllint or the reference files are absent"))
struct PayloadSchemaDifferentialTests {
  private let schema = OfficialFiles.official("payload/MessageWithAttachments-3.0.xsd")

  @Test("SDK-PAY-01: what is written is valid to the published schema")
  func written() throws {
    let files: [[UInt8]] = [[1, 2, 3], Array(repeating: 7, count: 200_000)]
    let documents = [
      try PayloadKit.write(try PayloadKit.full()),
      try PayloadKit.write(
        try PayloadKit.full(files: files.enumerated().map { PayloadKit.file($0, $1) }), declaration: true,
        files: files),
    ]
    #expect(try XMLLint.verdicts(documents, schema: schema) == [true, true])
  }

  @Test("lexical forms of dateTime and boolean are judged alike")
  func lexicalForms() throws {
    let times = Self.times.map {
      PayloadKit.message.changing("2026-03-01T07:27:15.433Z", to: $0)
    }
    let booleans = Self.booleans.map { PayloadKit.message.changing("ty>true</", to: "ty>\($0)</") }
    try expectSameVerdicts(times + booleans)
  }

  @Test("SDK-PAY-17: three thousand mutated messages are judged alike", arguments: [1, 2, 3] as [UInt64])
  func mutated(_ seed: UInt64) throws {
    let original = try MutableXML.parse(PayloadKit.message)
    original.attributes += [
      ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"), ("xmlns:xs", "http://www.w3.org/2001/XMLSchema"),
    ]
    var mutator = try Self.mutator(seed)
    let documents = (0..<1000).map { _ in mutator.mutate(original) }
    // libxml2 takes a repeatable element again after the open tail, against the schema; Xerces does not.
    let isBeyondTail = documents.map { $0.hasOwnAfterForeign(prefix: "ns:") }
    let verdicts = try expectSameVerdicts(documents.map(\.xml), butInvalid: isBeyondTail)
    let valid = verdicts.count { $0 }
    #expect(valid > 100 && valid < 900, "both verdicts occur: \(valid) valid")
  }

  @discardableResult
  private func expectSameVerdicts(_ documents: [String], butInvalid: [Bool] = []) throws -> [Bool] {
    var verdicts = try XMLLint.verdicts(documents, schema: schema)
    for index in butInvalid.indices where butInvalid[index] { verdicts[index] = false }
    for (document, isValid) in zip(documents, verdicts) {
      let reading = try PayloadKit.read(document)
      #expect(reading.keepsSchema == isValid, "\(reading)\n\(document)")
    }
    return verdicts
  }

  private static let times = [
    "2026-03-01T07:27:15Z", "2026-03-01T07:27:15", "2026-03-01T07:27:15.1", "2026-03-01T07:27:15.",
    "2026-03-01T07:27:15Z\n",
    "2026-02-29T07:27:15Z", "2024-02-29T07:27:15Z", "1900-02-29T00:00:00Z", "2000-02-29T00:00:00Z",
    "2026-04-31T00:00:00Z",
    "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z",
    "2026-01-01T24:00:01Z",
    "2026-01-01T24:00:00.000Z", "2026-01-01T24:00:00.001Z", "2026-01-01T25:00:00Z", "2026-01-01T00:60:00Z",
    "2026-01-01T00:00:60Z", "2026-01-01T00:00:59.999999999Z", "2026-01-01T00:00:00+14:00", "2026-01-01T00:00:00+14:01",
    "2026-01-01T00:00:00-13:59", "2026-01-01T00:00:00+15:00", "2026-01-01T00:00:00+1:00", "2026-01-01T00:00:00+01",
    "2026-01-01T00:00:00z", "2026-01-01t00:00:00Z", "2026-01-01 00:00:00Z", "26-01-01T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "-0001-01-01T00:00:00Z", "-2026-01-01T00:00:00Z", "+2026-01-01T00:00:00Z", "12026-01-01T00:00:00Z",
    "02026-01-01T00:00:00Z", "2026-1-1T00:00:00Z", "2026-01-01T0:00:00Z", "2026-01-01", "", " ", "x",
    "2026-01-01T00:00Z",
    "2026-01-01T00:00:00ZZ", "2026-01-01T00:00:00Z Z", "2026-01-01T00:00:00+00:60", "-0004-02-29T00:00:00Z",
  ]
  private static let booleans = [
    "true", "false", "1", "0", "TRUE", "True", "yes", "", " true", "false\n", "\t1 ", "t rue", "2", "01", "true false",
    "\u{A0}true",
  ]

  static func mutator(_ seed: UInt64) throws -> XMLMutator {
    let locals = [
      "messagePayload", "message", "messageHeader", "messageBody", "creationDateTime", "messageId", "label",
      "recipient",
      "sender", "attention", "person", "reference", "root", "extension", "documents", "ContentFiles", "ContentText",
      "content", "characterSequence", "index", "documentName", "unknown", "about",
    ]
    let own = "xmlns:ns=\"urn:riv:infrastructure:messaging:MessageWithAttachments:3\""
    let labels = [
      String(repeating: "a", count: 256), String(repeating: "a", count: 257), String(repeating: "å", count: 256),
      String(repeating: "🏛", count: 256), String(repeating: "🏛", count: 257), "e\u{301}", "", " ", "\n",
      String(repeating: "e\u{301}", count: 129), String(repeating: "\r\n", count: 129),
    ]
    return try XMLMutator(
      names: locals.map { "ns:" + $0 },
      texts: [
        "ns:creationDateTime": times, "ns:confidentiality": booleans, "ns:label": labels, "ns:messageId": ["", "x"],
      ],
      insertions: [
        "<f:x xmlns:f=\"urn:foreign\">t</f:x>", "<f:x xmlns:f=\"urn:foreign\"><y>t</y></f:x>", "<x>t</x>", "<x/>",
        "<x xmlns=\"urn:foreign\"/>", "<f:x xmlns:f=\"urn:foreign\" \(own)><ns:label a=\"b\">t</ns:label></f:x>",
        "<f:x xmlns:f=\"urn:foreign\" \(own)><ns:messagePayload>t</ns:messagePayload></f:x>",
        "<f:x xmlns:f=\"urn:foreign\">\(PayloadKit.element)</f:x>",
        "<ns:label \(own)>t</ns:label>", "<ns:unknown \(own)/>", "<ns:extension \(own)>t</ns:extension>",
        "<xs:x xmlns:xs=\"http://www.w3.org/2001/XMLSchema-instance\"/>",
      ].map(MutableXML.parse),
      attributes: [
        ("a", "b"), ("xml:lang", "sv"), ("xml:space", "preserve"), ("xmlns:unused", "urn:unused"),
      ] + instanceAttributes,
      ownPrefix: "ns:", numbers: SeededNumbers(seed: seed))
  }

  private static let instanceAttributes: [(name: String, value: String)] = [
    ("xsi:schemaLocation", "urn:a b.xsd"), ("xsi:noNamespaceSchemaLocation", "b.xsd"), ("xsi:nil", "false"),
    ("xsi:nil", "true"), ("xsi:other", "x"), ("xsi:type", "xs:string"), ("xsi:type", "ns:IIType"),
    ("xsi:type", " ns:MessageHeaderType "), ("xsi:type", "ns:Unknown"), ("xsi:type", "xs:boolean"),
    ("xsi:type", "MessageType"),
  ]
}
