import Foundation
import SDKRelay
import Testing
import XMLSecurity

@Suite("Envelope rules") struct EnvelopeRuleTests {
  /// An envelope whose text has been changed. Rules come before the signature, so nothing has to be signed anew.
  func faults(_ change: (String) -> String) throws -> [EnvelopeFault] {
    let text = change(
      String(decoding: try EnvelopeKit.sealed(header: EnvelopeKit.header(encrypted: false)), as: UTF8.self))
    do {
      _ = try EnvelopeKit.read(Array(text.utf8))
      return []
    } catch EnvelopeProblem.format(let faults) {
      return faults
    }
  }

  func expect(_ rule: String, _ old: String, _ new: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let faults = try faults { text in
      #expect(text.contains(old), "the test changes nothing", sourceLocation: sourceLocation)
      guard let range = text.range(of: old) else { return text }
      return text.replacingCharacters(in: range, with: new)
    }
    #expect(faults.contains { $0.rule == rule }, "\(faults)", sourceLocation: sourceLocation)
    for fault in faults { #expect(fault.xpath.hasPrefix("/"), sourceLocation: sourceLocation) }
  }

  @Test("an envelope as it is sealed has no fault")
  func good() throws {
    #expect(try faults { $0 }.isEmpty)
  }

  @Test("R1: only the profile's elements and attributes")
  func r1() throws {
    try expect("R1", "<xha:Header>", "<xha:Header><xhb:UUID>x</xhb:UUID>")
    try expect("R1", "<xha:Payload>", "<xha:Payload><xhb:ID>x</xhb:ID>")
    try expect("R1", "<xha:Payload>", "<xha:Payload><xhb:Description>x</xhb:Description>")
    try expect(
      "R1", "<xhb:InstanceEncryptionIndicator>",
      "<xhb:ValidationVersionID>1</xhb:ValidationVersionID><xhb:InstanceEncryptionIndicator>")
    try expect(
      "R1", "</xhb:InstanceEncryptionIndicator>",
      "</xhb:InstanceEncryptionIndicator><xha:PayloadExternalReference><xhb:ID>x</xhb:ID></xha:PayloadExternalReference>"
    )
    try expect("R1", "<xhb:DocumentTypeCode>", "<xhb:DocumentTypeCode listID=\"x\">")
    try expect("R1", "<xhb:XHEVersionID>", "<evil/><xhb:XHEVersionID>")
    try expect("R1", "<xhb:XHEVersionID>1.0", "<xhb:XHEVersionID><b/>1.0")
  }

  @Test("R2: nothing is empty")
  func r2() throws {
    try expect("R2", "<xhb:HandlingServiceID>sdk:inkorg<", "<xhb:HandlingServiceID><")
    try expect("R2", "<xhb:HandlingServiceID>sdk:inkorg<", "<xhb:HandlingServiceID> \n<")
    try expect("R2", "schemeID=\"iso6523-actorid-upis\"", "schemeID=\"\"")
    try expect("R2", "<xhb:ContentTypeCode>application/xml<", "<xhb:ContentTypeCode><")
  }

  @Test("R3: the customization is the federation's")
  func r3() throws { try expect("R3", "urn:fdc:digg.se:edelivery:xhe:1", "urn:fdc:digg.se:edelivery:xhe:2") }

  @Test(
    "R4–R8, SDK-XHE-02: exactly the five criteria",
    arguments: [
      ("R4", "DOCUMENTID"), ("R5", "DOCUMENTID_SCHEME"), ("R6", "PROCESSID"), ("R7", "PROCESSID_SCHEME"),
      ("R8", "FEDERATIONID"),
    ])
  func r4to8(rule: String, code: String) throws {
    try expect(rule, ">\(code)<", ">OTHER<")
    let faults = try faults { text in
      guard let start = text.range(of: "<xha:BusinessScopeCriterion><xhb:BusinessScopeCriterionTypeCode>\(code)<"),
        let end = text.range(of: "</xha:BusinessScopeCriterion>", range: start.lowerBound..<text.endIndex)
      else { return text }
      let criterion = text[start.lowerBound..<end.upperBound]
      return text.replacingOccurrences(of: criterion, with: criterion + criterion)
    }
    #expect(faults.contains { $0.rule == "R14" })
  }

  @Test("R9: the version is 1.0")
  func r9() throws { try expect("R9", "<xhb:XHEVersionID>1.0", "<xhb:XHEVersionID>1.1") }

  @Test("R10, R11: both parties' schemes; I9: identifiers outside the code lists are refused")
  func r10and11() throws {
    try expect("R10", "schemeID=\"iso6523-actorid-upis\">0203:komvux", "schemeID=\"other\">0203:komvux")
    try expect("R11", "schemeID=\"iso6523-actorid-upis\">0203:arbets", "schemeID=\"other\">0203:arbets")
    try expect("R10", " schemeID=\"iso6523-actorid-upis\">0203:komvux", ">0203:komvux")
    try expect("SDK", "0203:komvux.kommun.example.se", "0203:kоmvux.kommun.example.se")
    try expect("SDK", "0203:komvux.kommun.example.se", "komvux.kommun.example.se")
  }

  @Test("R5, R7: the identifiers' schemes are the federation's")
  func schemes() throws {
    try expect("R5", ">busdox-docid-qns<", ">other<")
    try expect("R7", ">urn:fdc:digg.se:edelivery:process<", ">urn:fdc:Digg.se:edelivery:process<")
  }

  @Test("SDK-XHE-01: the envelope's id is a UUID")
  func id() throws {
    let faults = try faults { $0.replacing(/<xha:Header><xhb:ID>[^<]*/, with: "<xha:Header><xhb:ID>862693f7-53d4") }
    #expect(faults.map(\.rule) == ["SDK"])
  }

  @Test("a payload's place holds the payload and nothing that another reader could take for it")
  func content() throws {
    try expect("SDK", "<xha:PayloadContent>", "<xha:PayloadContent>text")
    try expect("SDK", "<xha:PayloadContent>", "<xha:PayloadContent>\u{A0}")
    try expect("SDK", "application/xml", "application/EDIFACT")
    try expect(
      "XSD", "p:messagePayload xmlns:p=\"urn:riv:infrastructure:messaging:MessageWithAttachments:3\"",
      "p:messagePayload xmlns:p=\"http://docs.oasis-open.org/bdxr/ns/XHE/1/AggregateComponents\"")
    let faults = try faults { $0.replacing(/<p:messagePayload.*messagePayload>/, with: "") }
    #expect(faults.map(\.rule) == ["R2"])
    let encrypted = String(decoding: try EnvelopeKit.sealed(), as: UTF8.self)
    for change in ["<xha:PayloadContent>text", "<xha:PayloadContent><p/>"] {
      #expect(throws: EnvelopeProblem.self) {
        try EnvelopeKit.read(Array(encrypted.changingAll("<xha:PayloadContent>", to: change).utf8))
      }
    }
  }

  @Test("what is wrong with an envelope is told in at most fifty faults")
  func manyFaults() throws {
    let faults = try faults {
      $0.changingAll("<xha:Header>", to: "<xha:Header>" + String(repeating: "<xhb:UUID>x</xhb:UUID>", count: 300))
    }
    #expect(faults.count == 50)
  }

  @Test("R12, R13: the indicator says whether there is EncryptedData")
  func r12and13() throws {
    try expect("R12", "Indicator>false<", "Indicator>true<")
    try expect("XSD", "Indicator>false<", "Indicator>no<")
    let encrypted = String(decoding: try EnvelopeKit.sealed(), as: UTF8.self)
      .replacingOccurrences(of: "Indicator>true<", with: "Indicator>false<")
    #expect(throws: EnvelopeProblem.self) { try EnvelopeKit.read(Array(encrypted.utf8)) }
  }

  @Test("R14: how often everything stands, and in which order")
  func r14() throws {
    try expect("R14", "<xhb:CustomizationID>urn:fdc:digg.se:edelivery:xhe:1</xhb:CustomizationID>", "")
    let to =
      "<xha:ToParty><xha:PartyIdentification><xhb:ID schemeID=\"iso6523-actorid-upis\">0203:arbetsformedlingen.example.se</xhb:ID></xha:PartyIdentification></xha:ToParty>"
    try expect("R14", to, to + to)
    try expect("R14", to, "")
    try expect("R14", "<xha:PayloadContent>", "<xha:PayloadContent><second/>")
    try expect(
      "XSD",
      "<xhb:XHEVersionID>1.0</xhb:XHEVersionID><xhb:CustomizationID>urn:fdc:digg.se:edelivery:xhe:1</xhb:CustomizationID>",
      "<xhb:CustomizationID>urn:fdc:digg.se:edelivery:xhe:1</xhb:CustomizationID><xhb:XHEVersionID>1.0</xhb:XHEVersionID>"
    )
  }

  @Test("2.4.3: a wrong time in the envelope is a fault of its form")
  func times() throws {
    for time in ["3 Sept. 2019", "2026-02-30T10:00:00Z", "2026-02-20T10:00:00", "2026-02-20"] {
      let faults = try faults { $0.replacing(/<xhb:CreationDateTime>[^<]*/, with: "<xhb:CreationDateTime>\(time)") }
      #expect(faults.contains { $0.xpath.hasSuffix("/Header/CreationDateTime") }, "\(time)")
    }
  }

  @Test("TF-06: an envelope with everything that is allowed, laid out as other products do, has no fault")
  func maximal() throws {
    let faults = try faults { text in
      text.replacing(
        "<x:XHE ",
        with: "<!-- made by hand -->\n<x:XHE xmlns:xsi=\"\(XMLNamespaces.xsi)\" xsi:schemaLocation=\"urn:a b.xsd\" "
      )
      .replacing("><x", with: ">\n  <x")
      .replacing("sdk:inkorg", with: String(repeating: "å", count: 256))
      .replacing("Indicator>false<", with: "Indicator>0<")
    }
    #expect(faults.isEmpty)
  }

  @Test("TF-07, SDK-XHE-04: the smallest envelope, without functional address, is accepted")
  func noFunction() throws {
    #expect(try faults { $0.replacing("<xhb:HandlingServiceID>sdk:inkorg</xhb:HandlingServiceID>", with: "") }.isEmpty)
  }

  @Test("white space round a time with zone is no part of it")
  func paddedTime() throws {
    for time in [" 2026-03-01T07:27:15.433Z ", "\n2026-03-01T07:27:15+01:00\t"] {
      let faults = try faults { $0.replacing(/<xhb:CreationDateTime>[^<]*/, with: "<xhb:CreationDateTime>\(time)") }
      #expect(faults.isEmpty)
    }
    let local = try faults {
      $0.replacing(/<xhb:CreationDateTime>[^<]*/, with: "<xhb:CreationDateTime> 2026-03-01T07:27:15 ")
    }
    #expect(local.map(\.text) == ["has no time zone"])
  }

  @Test("SDK-XHE-13: a byte order mark before the declaration is accepted")
  func byteOrderMark() throws {
    #expect(try EnvelopeKit.open([0xEF, 0xBB, 0xBF] + EnvelopeKit.sealed()) == EnvelopeKit.payload)
  }

  @Test(
    "TF-09: what is not XML, not whole or not an envelope gets no receipt",
    arguments: ["", "<a/>", "<x:XHE", "not xml", "\u{0}"])
  func malformed(text: String) throws {
    do {
      _ = try EnvelopeKit.read(Array(text.utf8))
      Issue.record("accepted")
    } catch let problem as EnvelopeProblem {
      #expect(problem.receiptProblem == nil)
    }
  }
}
