import Foundation
import SDKRelay
import Testing
import XMLSecurity

/// Our rules beside the published schema: they may refuse more, by a rule of the profile, and never less.
@Suite(
  "Envelope schema beside xmllint",
  .enabled(if: EnvelopeKit.hasShared && XMLLint.isPresent, "xmllint or the reference files are absent"))
struct EnvelopeSchemaTests {
  private let schema = EnvelopeKit.shared.appending(path: "official/xhe/schema/XHE-1.0.xsd")

  @Test("SDK-XHE-01: what is sealed is valid to the published schema")
  func sealed() throws {
    let documents = [
      try EnvelopeKit.sealed(), try EnvelopeKit.sealed(header: EnvelopeKit.header(encrypted: false)),
      Array(try Self.unsigned().utf8),
    ]
    let verdicts = try XMLLint.verdicts(documents.map { String(decoding: $0, as: UTF8.self) }, schema: schema)
    #expect(verdicts == [true, true, true])
  }

  @Test(
    "SDK-XHE-01: a thousand mutated envelopes are never judged laxer than by the schema",
    arguments: [1, 2] as [UInt64])
  func mutated(seed: UInt64) throws {
    let original = try MutableXML.parse(Self.unsigned())
    original.attributes.append(("xmlns:xsi", XMLNamespaces.xsi))
    var mutator = try Self.mutator(seed)
    let documents = (0..<500).map { _ in mutator.mutate(original).xml }
    var accepted = 0
    var refusedByProfileOnly = 0
    for (document, isValid) in zip(documents, try XMLLint.verdicts(documents, schema: schema)) {
      guard let faults = try Self.faults(document) else {
        #expect(!isValid, "valid to the schema and not even XML:\n\(document)")
        continue
      }
      if faults.isEmpty { accepted += 1 }
      // What is in a payload is judged by the payload's own rules.
      let isPayloadsMatter = Self.payload(of: document).contains { $0 == "<xha:" || $0 == "<xhb:" || $0 == "<ext:" }
      // libxml2 does not collapse white space round times in simple content, against the standard; Xerces does.
      let isPadded = document.contains(/CreationDateTime>\s|\s<\/xhb:CreationDateTime>/)
      if !isValid, !isPayloadsMatter, !isPadded {
        #expect(!faults.isEmpty, "invalid to the schema and without fault:\n\(document)")
      }
      guard isValid, !faults.isEmpty else { continue }
      refusedByProfileOnly += 1
      #expect(!faults.contains { $0.rule == "XSD" }, "valid to the schema: \(faults)\n\(document)")
    }
    #expect(accepted > 10 && refusedByProfileOnly > 10, "all verdicts occur")
  }

  private static func faults(_ document: String) throws -> [EnvelopeFault]? {
    do {
      _ = try EnvelopeKit.read(Array(document.utf8))
      return []
    } catch EnvelopeProblem.format(let faults) {
      return faults
    } catch EnvelopeProblem.notWellFormed {
      // A prefix without its declaration.
      return nil
    }
  }

  /// The beginnings of the elements in the payload's own element.
  private static func payload(of document: String) -> [Substring] {
    guard let start = document.range(of: "<p:messagePayload"),
      let end = document.range(of: "</p:messagePayload>", options: .backwards), start.upperBound < end.lowerBound
    else { return [] }
    return document[start.upperBound..<end.lowerBound].indices(of: "<").ranges.map {
      document[$0.lowerBound...].prefix(5)
    }
  }

  private static func unsigned() throws -> String {
    let sink = MemorySink()
    _ = try Envelope.seal(EnvelopeKit.header(encrypted: false), encryptedFor: nil, signedBy: nil, into: sink) {
      try $0.write(EnvelopeKit.payload)
    }
    return String(decoding: sink.bytes, as: UTF8.self)
  }

  private static func mutator(_ seed: UInt64) throws -> XMLMutator {
    let own =
      "xmlns:xha=\"http://docs.oasis-open.org/bdxr/ns/XHE/1/AggregateComponents\" "
      + "xmlns:xhb=\"http://docs.oasis-open.org/bdxr/ns/XHE/1/BasicComponents\""
    return try XMLMutator(
      names: [
        "xhb:XHEVersionID", "xhb:CustomizationID", "xhb:ID", "xhb:UUID", "xhb:CreationDateTime", "xha:BusinessScope",
        "xha:BusinessScopeCriterion", "xha:FromParty", "xha:ToParty", "xha:PartyIdentification", "xha:Payload",
        "xha:Payloads", "xhb:DocumentTypeCode", "xhb:HandlingServiceID", "xhb:InstanceEncryptionIndicator",
        "xha:PayloadContent", "xhb:Unknown", "p:messagePayload",
      ],
      texts: [
        "xhb:CreationDateTime": [
          "2026-02-20T10:00:00Z", "2026-02-20T10:00:00.123+01:00", "2026-02-20T10:00:00", " 2026-02-20T10:00:00Z ",
          "2026-02-30T10:00:00Z", "3 Sept. 2019", "", "2026-02-20",
        ],
        "xhb:InstanceEncryptionIndicator": ["true", "false", "1", "0", " false\n", "TRUE", "no", ""],
        "xhb:XHEVersionID": ["1.0", " 1.0 ", "1.1", ""],
        "xhb:ID": ["", " ", "\u{A0}", "0203:other.example.se"],
        "xhb:BusinessScopeCriterionTypeCode": ["DOCUMENTID", "PROCESSID", "OTHER", ""],
        "xha:PayloadContent": ["", "UEsDBA==", "<"],
      ],
      insertions: [
        "<f:x xmlns:f=\"urn:foreign\">t</f:x>", "<x/>", "<x>t</x>", "<xhb:UUID \(own)>x</xhb:UUID>",
        "<xhb:ID \(own) schemeID=\"iso6523-actorid-upis\">0203:x.example.se</xhb:ID>",
        "<xha:ToParty \(own)><xha:PartyIdentification><xhb:ID schemeID=\"iso6523-actorid-upis\">0203:x.example.se"
          + "</xhb:ID></xha:PartyIdentification></xha:ToParty>",
        "<xhb:ValidationVersionID \(own)>1</xhb:ValidationVersionID>",
        "<xha:PayloadExternalReference \(own)><xhb:ID>x</xhb:ID></xha:PayloadExternalReference>",
        "<ext:XHEExtensions xmlns:ext=\"http://docs.oasis-open.org/bdxr/ns/XHE/1/ExtensionComponents\"/>",
      ].map(MutableXML.parse),
      attributes: [
        ("a", "b"), ("schemeID", "x"), ("schemeID", ""), ("xml:lang", "sv"), ("xsi:schemaLocation", "urn:a b.xsd"),
        ("xsi:nil", "true"), ("xsi:nil", "false"), ("xmlns:unused", "urn:unused"), ("listID", "x"),
      ],
      ownPrefix: "xh", numbers: SeededNumbers(seed: seed))
  }
}
