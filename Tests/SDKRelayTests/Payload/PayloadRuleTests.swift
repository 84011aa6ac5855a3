import Foundation
import SDKRelay
import Testing
import XMLSecurity

@Suite("Payload rules")
struct PayloadRuleTests {
  @Test("the message that the other tests change is valid, in both directions")
  func valid() throws {
    #expect(try PayloadKit.read(PayloadKit.message).problems == [])
    #expect(try PayloadKit.read(PayloadKit.message, limits: .outgoing, direction: .outgoing).problems == [])
  }

  struct Case: CustomTestStringConvertible, Sendable {
    let rule: PayloadRule
    let part: String
    let replacement: String
    let path: String

    init(_ rule: PayloadRule, _ part: String, _ replacement: String, at path: String) {
      self.rule = rule
      self.part = part
      self.replacement = replacement
      self.path = path
    }

    var testDescription: String { "\(rule.id): \(part.prefix(60)) → \(replacement.prefix(60))" }
  }

  @Test("SDK-PAY-02, SDK-PAY-06, SDK-PAY-11: each broken rule is the one problem, at its place", arguments: cases)
  func broken(_ test: Case) throws {
    let problems = try PayloadKit.read(PayloadKit.message.changing(test.part, to: test.replacement)).problems
    #expect(problems.map(\.rule) == [test.rule.id])
    let problem = try #require(problems.first)
    #expect(problem.xpath == test.path)
    #expect(problem.cause == test.rule.cause && problem.detail == test.rule.detail)
    #expect(!problem.text.isEmpty)
  }

  private static let header = "/ns:messagePayload/ns:message/ns:messageHeader"
  private static let body = "/ns:messagePayload/ns:message/ns:messageBody"
  private static let long = String(repeating: "å", count: 257)

  static let cases = [
    // MT 2.4.1: the wrong type of data.
    Case(.schema, "<ns:confidentiality>true", "<ns:confidentiality>maybe", at: header + "/ns:confidentiality"),
    Case(
      .schema, "<ns:label>Handler", "<ns:label>" + long, at: header + "/ns:recipient/ns:attention/ns:person[1]/ns:label"
    ),
    Case(.schema, "<ns:message>", "<ns:message>text", at: "/ns:messagePayload/ns:message"),
    Case(.schema, "<ns:message>", "<ns:message a=\"b\">", at: "/ns:messagePayload/ns:message"),
    Case(.schema, "</ns:messageBody>", "<x>t</x></ns:messageBody>", at: body + "/*[local-name()='x']"),
    Case(
      .schema, "<ns:documentID>d2", "<ns:unknown>u</ns:unknown><ns:documentID>d2",
      at: body + "/ns:documents[2]/ns:unknown"),
    Case(.verifyNonEmptyElements, "<ns:label>Study plan", "<ns:label> \n\t", at: header + "/ns:label"),
    Case(
      .verifyNonEmptyElements, "<ns:documentName>Plan", "<ns:documentName>",
      at: body + "/ns:documents[1]/ns:documentName"),
    // MT 2.4.2.
    Case(
      .recipientIDValue, "<ns:root>iso6523-actorid-upis</ns:root><ns:extension>0203:arb",
      "<ns:root>iso</ns:root><ns:extension>0203:arb",
      at: header + "/ns:recipient/ns:recipientID/ns:root"),
    Case(
      .senderIDValue, "<ns:root>iso6523-actorid-upis</ns:root><ns:extension>0203:kom",
      "<ns:root>iso6523-actorid-upis </ns:root><ns:extension>0203:kom",
      at: header + "/ns:sender/ns:senderID/ns:root"),
    // SDK-PAY-06.
    Case(.creationDateTime, "15.433Z", "15Z", at: header + "/ns:creationDateTime"),
    Case(.creationDateTime, "15.433Z", "15.4331Z", at: header + "/ns:creationDateTime"),
    Case(.creationDateTime, "15.433Z", "15.433+01:00", at: header + "/ns:creationDateTime"),
    Case(.creationDateTime, "15.433Z", "15.433", at: header + "/ns:creationDateTime"),
    // SDK-PAY-03, 04, 05.
    Case(.messageIDForm, "<ns:messageId>3a94b4ed-", "<ns:messageId>3a94b4ed", at: header + "/ns:messageId"),
    Case(.conversationIDForm, "<ns:conversationId>3", "<ns:conversationId>Ö", at: header + "/ns:conversationId"),
    Case(.refToMessageIDForm, "<ns:refToMessageId>7", "<ns:refToMessageId> 7", at: header + "/ns:refToMessageId"),
    // SDK-PAY-10.
    Case(.subjectLabel, "<ns:label>Study plan", "<ns:label>" + long, at: header + "/ns:label"),
    // SDK-PAY-14.
    Case(.contentFiles, "JVBERi0xLjcK", "\nJVBERi0xLjcK", at: body + "/ns:documents[1]/ns:ContentFiles[1]/ns:content"),
    Case(.base64, "JVBERi0xLjcK", "JVBERi0xLjcKJ", at: body + "/ns:documents[1]/ns:ContentFiles[1]/ns:content"),
    Case(.base64, "JVBERi0xLjcK", "JVBERi0xLjc_", at: body + "/ns:documents[1]/ns:ContentFiles[1]/ns:content"),
    Case(.base64, "JVBERi0xLjcK", "JVBERi0xLjd=", at: body + "/ns:documents[1]/ns:ContentFiles[1]/ns:content"),
    // SDK-PAY-09.
    Case(
      .subOrgRoot, "messaging:functionalAddress", "messaging:other",
      at: header + "/ns:recipient/ns:attention/ns:subOrganization/ns:organizationId/ns:root"),
    Case(
      .organizationIdentifier, "<ns:extension>0203:komvux", "<ns:extension>0203:k\u{43E}mvux",
      at: header + "/ns:sender/ns:senderID/ns:extension"),
    Case(
      .functionForm, "<ns:extension>sdk:inkorg:0203:kom", "<ns:extension>\u{202E}sdk:inkorg:0203:kom",
      at: header + "/ns:sender/ns:attention/ns:subOrganization/ns:organizationId/ns:extension"),
    // SDK-PAY-13.
    Case(.fileType, "application/pdf", "PNG", at: body + "/ns:documents[1]/ns:ContentFiles[1]/ns:contentType"),
    // SDK-PAY-11.
    Case(
      .emptyDocument, "<ns:ContentText><ns:characterSequence>More</ns:characterSequence></ns:ContentText>", "",
      at: body + "/ns:documents[2]"),
    Case(.index, "<ns:index>2</ns:index>", "", at: body + "/ns:documents[2]"),
    Case(.index, "<ns:index>2", "<ns:index>1", at: body + "/ns:documents[2]/ns:index"),
    Case(.index, "<ns:index>2", "<ns:index>01", at: body + "/ns:documents[2]/ns:index"),
    Case(.index, "<ns:index>2", "<ns:index>two", at: body + "/ns:documents[2]/ns:index"),
    Case(.index, "<ns:index>2", "<ns:index>\u{0662}", at: body + "/ns:documents[2]/ns:index"),
    Case(
      .referenceLength, "<ns:extension>KS 2026/17", "<ns:extension>" + long,
      at: header + "/ns:recipient/ns:attention/ns:reference[1]/ns:referenceId/ns:extension"),
  ]

  @Test("conversationIdMustExist: a message without conversationId breaks schema and rule")
  func noConversation() throws {
    let xml = PayloadKit.message.changing(
      "<ns:conversationId>3a94b4ed-a6d7-41e2-945d-b3fa91e8a6e9</ns:conversationId>", to: "")
    #expect(try PayloadKit.read(xml).rules == ["XSD", "conversationIdMustExist"])
  }

  @Test("SDK-KVT-08: no problem echoes what stood there")
  func noContent() throws {
    let secret = String(repeating: "hemlig-", count: 40)
    var xml = PayloadKit.message
    for part in [
      "Study plan", "Employment office", "Handler", "application/pdf", "KS 2026/17", "2026-03-01T07:27:15.433Z",
    ] {
      xml = xml.changing(part, to: secret)
    }
    xml = xml.changing("<ns:root>dnr", to: "<ns:unknown>\(secret)</ns:unknown><ns:root>dnr")
      .changing("iso6523-actorid-upis", to: secret).changing("0203:komvux", to: secret)
      .changing("messaging:functionalAddress", to: secret).changing("true", to: secret)
    let problems = try PayloadKit.read(xml).problems
    #expect(problems.count > 9)
    #expect(!problems.description.contains("hemlig"))
    #expect(
      problems.contains {
        $0.text.hasPrefix("In tns:messageHeader/tns:label, string length 280 exceeded maxlength 256 at /")
      })
  }

  @Test("SDK-PAY-10: labels are counted in characters, not in bytes or graphemes")
  func labelLength() throws {
    for label in [String(repeating: "🏛", count: 256), String(repeating: "e\u{301}", count: 128)] {
      let labelled = { (label: String) in
        PayloadKit.message.changing("<ns:label>Study plan", to: "<ns:label>" + label)
          .changing("<ns:label>Handler", to: "<ns:label>" + label)
      }
      #expect(try PayloadKit.read(labelled(label)).problems == [])
      #expect(try PayloadKit.read(labelled(label + "!")).rules == ["XSD", "subjectlabel"])
    }
  }

  @Test("a message may leave out its label and the sender's attention, but ours may not")
  func outgoing() throws {
    let whole = PayloadKit.message
    let start = try #require(whole.range(of: "<ns:label>Adult education</ns:label>"))
    let end = try #require(whole.range(of: "</ns:sender>"))
    let xml = whole.replacingCharacters(in: start.lowerBound..<end.lowerBound, with: "")
      .changing("<ns:label>Study plan</ns:label>", to: "")
    let incoming = try PayloadKit.read(xml)
    #expect(incoming.problems == [])
    #expect(incoming.payload?.header.label == nil && incoming.payload?.header.sender.attention == nil)
    let outgoing = try PayloadKit.read(xml, direction: .outgoing)
    #expect(outgoing.rules == ["label-required", "sender-attention"])
  }

  @Test("SDK-PAY-13: PDF is taken always, other types by the list, parameters aside")
  func fileTypes() throws {
    let types: [(String, Bool)] = [
      ("application/pdf", true), ("Application/PDF; name=a", true), ("image/png", true), ("image/PNG ", true),
      ("image/gif", false), ("application/pdfx", false), ("pdf", false), ("application/pdf,image/gif", false),
      // Equal to a semicolon to Swift's characters, and to nobody else.
      ("application/pdf\u{37E}name=a", false),
    ]
    var limits = PayloadLimits.incoming
    limits.allowedTypes = ["image/png"]
    for (type, isAllowed) in types {
      // Content that cannot be told goes under any type.
      let message = PayloadKit.message.changing("application/pdf", to: type).changing("JVBERi0xLjcK", to: "AAAA")
      let reading = try PayloadKit.read(message, limits: limits)
      #expect(reading.rules == (isAllowed ? [] : ["file-type"]), "\(type)")
    }
  }

  @Test("SDK-PAY-17: foreign elements at the end of a type are tolerated, with anything in them")
  func foreignTail() throws {
    let foreign = "<f:x xmlns:f=\"urn:f\" a=\"b\"><y>t<ns:label c=\"d\">u</ns:label></y></f:x>"
    for place in ["</ns:message>", "</ns:messageHeader>", "</ns:attention>", "</ns:ContentFiles>", "</ns:ContentText>"]
    {
      #expect(try PayloadKit.read(PayloadKit.message.changing(place, to: foreign + place)).problems == [], "\(place)")
    }
    for place in ["</ns:recipientID>", "</ns:messagePayload>", "</ns:label>"] {
      #expect(try PayloadKit.read(PayloadKit.message.changing(place, to: foreign + place)).rules == ["XSD"], "\(place)")
    }
    // The published Schematron rule knows no exception for foreign elements.
    let empty = PayloadKit.message.changing("</ns:message>", to: "<f:x xmlns:f=\"urn:f\"/></ns:message>")
    #expect(try PayloadKit.read(empty).rules == ["verifyNonEmptyElements"])
  }

  @Test("SDK-PAY-11: our own indexes are the places from 1; another's may be any digits that differ")
  func indexes() throws {
    for (first, second) in [("0", "1"), ("5", "9"), ("2", "3"), ("00", "7")] {
      let xml = PayloadKit.message.changing("<ns:index>1", to: "<ns:index>" + first)
        .changing("<ns:index>2", to: "<ns:index>" + second)
      #expect(try PayloadKit.read(xml).problems == [], "\(first), \(second)")
      #expect(try PayloadKit.read(xml, direction: .outgoing).rules.contains("index"), "\(first), \(second)")
    }
    let swapped = PayloadKit.message.changing("<ns:index>1", to: "<ns:index>x").changing(
      "<ns:index>2", to: "<ns:index>1"
    )
    .changing("<ns:index>x", to: "<ns:index>2")
    #expect(try PayloadKit.read(swapped, direction: .outgoing).problems == [])
  }

  @Test("SDK-PAY-14: ours is UTF-8; another's text is read in the encoding that it declares")
  func encodings() throws {
    let text = PayloadKit.message.changing("Study plan", to: "Åtgärdsplan")
    #expect(try PayloadKit.read(text).payload?.header.label == "Åtgärdsplan")
    let latin = text.changing("encoding=\"UTF-8\"", to: "encoding=\"ISO-8859-1\"")
    let wide = text.changing("encoding=\"UTF-8\"", to: "encoding=\"UTF-16\"")
    for bytes in [latin.data(using: .isoLatin1), wide.data(using: .utf16)] {
      #expect(try PayloadKit.read([UInt8](try #require(bytes))).payload?.header.label == "Åtgärdsplan")
    }
    // Declared as what it is not, or as what nobody needs.
    #expect(try PayloadKit.read([UInt8](try #require(text.data(using: .isoLatin1)))).isUnreadable)
    #expect(try PayloadKit.read(text.changing("\"UTF-8\"", to: "\"windows-1252\"")).isUnreadable)
    #expect(
      try PayloadKit.write(PayloadKit.full(), declaration: true).hasPrefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>")
    )
  }

  @Test("the text about one element too many names what may still come")
  func expected() throws {
    let id = "<ns:messageId>3a94b4ed-a6d7-41e2-945d-b3fa91e8a6e9</ns:messageId>"
    let problem = try PayloadKit.read(PayloadKit.message.changing(id, to: id + id)).problems.first
    #expect(
      problem?.text == "cvc-complex-type.2.4.a: Invalid content was found starting with element 'ns:messageId'. "
        + "'ns:conversationId' is expected.")
    #expect(problem?.xpath.hasSuffix("/ns:messageId[2]") == true)
  }

  @Test("every problem is listed at once, at most fifty")
  func bounded() throws {
    let many = String(
      repeating: "<ns:ContentText><ns:characterSequence></ns:characterSequence></ns:ContentText>", count: 80)
    #expect(
      try PayloadKit.read(PayloadKit.message.changing("</ns:documents>", to: many + "</ns:documents>")).problems.count
        == 50)
  }

  @Test("every rule has its own id")
  func ids() {
    #expect(Set(PayloadRule.all.map(\.id)).count == PayloadRule.all.count)
  }
}

@Suite("The list of rules")
struct PayloadRuleListTests {
  @Test("SDK-MT-07: docs/payload-rules.md lists every rule with its codes and text, in order")
  func documented() throws {
    let package = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardizedFileURL
    let list = try String(contentsOf: package.appending(path: "docs/payload-rules.md"), encoding: .utf8)
    let rows = list.split(separator: "\n").filter { $0.hasPrefix("| `") }.map { row in
      row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    }
    let payloadRows = rows.filter { $0.count == 5 }
    #expect(payloadRows.map { $0[0] } == PayloadRule.all.map { "`\($0.id)`" })
    for (row, rule) in zip(payloadRows, PayloadRule.all) {
      #expect(row[1] == "\(rule.cause.rawValue) \(rule.detail.rawValue)")
      #expect(row[3] == rule.text)
    }
    #expect(rows.filter { $0.count == 2 }.map { $0[0] } == ReceiptRule.allCases.map { "`\($0.rawValue)`" })
  }
}
