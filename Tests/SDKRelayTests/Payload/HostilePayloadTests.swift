import Foundation
import SDKRelay
import Testing
import XMLSecurity

@Suite("Hostile payloads")
struct HostilePayloadTests {
  private static let body = PayloadKit.element

  @Test(
    "X12, X13, X15: what is not honest XML is unreadable",
    arguments: [
      "", " ", "x", "<a", body.changing("</ns:messagePayload>", to: ""), body + "<a/>", body + "text", "\u{0}" + body,
      "<!DOCTYPE a SYSTEM \"file:///etc/passwd\">" + body,
      "<!DOCTYPE a [<!ENTITY e \"1\">]>" + body.changing("Study plan", to: "&e;"),
      "<!DOCTYPE a [<!ENTITY a \"0123456789\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>"
        + body.changing("Study plan", to: "&b;"),
      "<!DOCTYPE a>" + body, body.changing("Study plan", to: "&undefined;"), body.changing("Study plan", to: "\u{0}"),
      body.changing("Study plan", to: "&#0;"), body.changing("<ns:label>", to: "<other:label>"),
      body.changing("<ns:message>", to: "<ns:message a=\"1\" a=\"2\">"), "<?xml version=\"1.1\"?>" + body,
    ])
  func unreadable(_ xml: String) throws {
    for chunk in [Int.max, 1] { #expect(try PayloadKit.read(xml, chunk: chunk).isUnreadable) }
  }

  @Test("X12: a document type in UTF-16 is seen")
  func disguised() throws {
    let xml = "<?xml version=\"1.0\" encoding=\"UTF-16\"?><!DOCTYPE a SYSTEM \"file:///etc/passwd\">" + Self.body
    let bytes: [UInt8] = [0xFE, 0xFF] + xml.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] as [UInt8] }
    #expect(try PayloadKit.read(bytes).isUnreadable)
  }

  @Test("X15: malformed UTF-8 and every truncation are unreadable")
  func malformed() throws {
    for bytes in [[0xC3], [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80]] as [[UInt8]] {
      var document = Array(Self.body.utf8)
      let place = try #require(Self.body.range(of: "Study"))
      document.insert(contentsOf: bytes, at: Self.body.utf8.distance(from: Self.body.startIndex, to: place.lowerBound))
      #expect(try PayloadKit.read(document).isUnreadable)
    }
    let whole = Array(Self.body.utf8)
    for length in stride(from: 0, to: whole.count - 1, by: 37) {
      #expect(try PayloadKit.read(Array(whole[..<length])).isUnreadable)
    }
  }

  @Test("X14: depth, attributes, namespaces, names and elements have limits")
  func limits() throws {
    let deep = String(repeating: "<f:x xmlns:f=\"urn:f\">", count: 100) + String(repeating: "</f:x>", count: 100)
    let attributes = "<f:x xmlns:f=\"urn:f\" " + (0..<1000).map { "a\($0)=\"\"" }.joined(separator: " ") + "/>"
    let namespaces = "<f:x xmlns:f=\"urn:f\" " + (0..<1000).map { "xmlns:a\($0)=\"u\"" }.joined(separator: " ") + "/>"
    let name = "<f:\(String(repeating: "x", count: 1000)) xmlns:f=\"urn:f\"/>"
    let elements = "<f:x xmlns:f=\"urn:f\">" + String(repeating: "<a/>", count: 100_001) + "</f:x>"
    for hostile in [deep, attributes, namespaces, name, elements] {
      let rules = try PayloadKit.read(PayloadKit.message.changing("</ns:message>", to: hostile + "</ns:message>")).rules
      #expect(rules.first == "XML-limits")
    }
  }

  @Test("X14: a text that is no content has at most 1 MB; attachments and texts have what the message may have")
  func longTexts() throws {
    let long = String(repeating: "QUFB", count: 300_000)
    for (direction, limits) in [(PayloadDirection.incoming, PayloadLimits.incoming), (.outgoing, .outgoing)] {
      let label = try PayloadKit.read(
        PayloadKit.message.changing("Study plan", to: long), limits: limits, direction: direction)
      #expect(label.problems.map(\.rule) == ["text-size"])
      #expect(label.problems.first?.xpath.hasSuffix("/ns:messageHeader/ns:label") == true)
      for content in [">Text<", ">JVBERi0xLjcK<"] {
        let xml = PayloadKit.message.changing(content, to: ">\(long)<")
        #expect(try PayloadKit.read(xml, limits: limits, direction: direction).problems == [])
        let small = PayloadLimits(maximumBytes: long.utf8.count)
        #expect(try PayloadKit.read(xml, limits: small, direction: direction).rules == ["size"])
      }
    }
  }

  @Test("X14: fifty problems in the deepest places of a message find room in one receipt")
  func deepProblems() throws {
    let name = "f:" + String(repeating: "x", count: 64)
    let deep = String(repeating: "<\(name)>", count: 50) + String(repeating: "</\(name)>", count: 50)
    let hostile = deep.replacingOccurrences(of: "><", with: " xmlns:f=\"urn:f\"><", range: deep.range(of: "><"))
    let problems = try PayloadKit.read(PayloadKit.message.changing("</ns:message>", to: hostile + "</ns:message>"))
      .problems
    #expect(problems.count == 50)
    #expect(problems.allSatisfy { $0.xpath.utf8.count <= 1_024 })
    #expect(problems.first?.xpath == "/ns:messagePayload/ns:message")
    // The worst that can be listed: the longest paths, each with the longest text.
    let worst = PayloadProblem(
      rule: "XSD", cause: .schema, detail: .structure, xpath: "/" + String(repeating: "x", count: 1_023),
      text: String(repeating: "x", count: 2_000))
    for list in [problems, Array(repeating: worst, count: 50)] {
      #expect(throws: Never.self) {
        try ReceiptWriter.write(try ReceiptKit.receipt(.rejected(list.map(LineResponse.init))))
      }
    }
  }

  @Test("X14: names that the schema does not list cost linear time, in messages and in receipts")
  func manyNames() throws {
    let clock = ContinuousClock()
    let names = (0..<60_000).map { "<ns:a\($0)/>" }.joined()
    let documents = String(repeating: "<ns:documents><ns:documentID>d</ns:documentID></ns:documents>", count: 20_000)
    for (place, hostile) in [("</ns:message>", names), ("</ns:messageBody>", documents)] {
      let xml = PayloadKit.message.changing(place, to: hostile + place)
      var problems = 0
      let time = try clock.measure { problems = try PayloadKit.read(xml).problems.count }
      #expect(problems == 50)
      #expect(time < .seconds(20))
    }
    // Below the limit for distinct names, above which nothing is known of a receipt.
    let lines = (0..<9_000).map { "<cbc:a\($0)/>" }.joined()
    let receipt = ReceiptKit.rejected.changing("</ApplicationResponse>", to: lines + "</ApplicationResponse>")
    let time = clock.measure { #expect(ReceiptReader.read(Array(receipt.utf8)).problems.count == 50) }
    #expect(time < .seconds(4))
  }

  @Test(
    "X14: a message of many attachments or of texts far beyond its size costs little memory", .timeLimit(.minutes(1)))
  func flat() async {
    // In processes of their own, whose peak is this message's.
    await #expect(processExitsWith: .success) { try HostilePayloadTests.isFlat(HostilePayloadTests.manyFiles(24_000)) }
    await #expect(processExitsWith: .success) {
      let text = String(repeating: "abcdefgh", count: 5 << 20)
      try HostilePayloadTests.isFlat(PayloadKit.message.changing(">Text<", to: ">\(text)<"))
    }
  }

  static func isFlat(_ xml: String) throws {
    let bytes = Array(xml.utf8)
    _ = try PayloadKit.read(PayloadKit.message)
    let before = EnvelopeStreamTests.peakMemory()
    let limits = PayloadLimits(maximumBytes: 12 << 20)
    guard try PayloadKit.read(bytes, limits: limits, chunk: 64_000).problems.count == 1 else { throw SpoolProblem.full }
    let grown = EnvelopeStreamTests.peakMemory() - before
    guard before > 0, grown < 100_000_000 else { throw SpoolProblem.unavailable(Int32(truncatingIfNeeded: grown)) }
  }

  @Test("X6: a comment cuts no text")
  func comments() throws {
    let xml = PayloadKit.message.changing("0203:komvux", to: "0203:kom<!-- -->vux").changing(
      "Study plan", to: "Study<?a b?> plan"
    )
    .changing("JVBERi0x", to: "JVBE<!-- x -->Ri0x")
    let payload = try #require(try PayloadKit.read(xml).payload)
    #expect(payload.header.sender.id.value == PayloadKit.municipality)
    #expect(payload.header.label == "Study plan")
    #expect(payload.files[0].content.size == 9)
  }

  @Test("a second message in the open tail is never read as the message")
  func hiddenMessage() throws {
    let hidden = "<f:x xmlns:f=\"urn:f\">\(Self.body.changing("Study plan", to: "Hidden"))</f:x>"
    let payload = try #require(
      try PayloadKit.read(PayloadKit.message.changing("</ns:message>", to: hidden + "</ns:message>")).payload)
    #expect(payload.header.label == "Study plan")
    #expect(payload.documents.count == 2 && payload.files.count == 1)
  }

  /// The message with so many attachments more.
  static func manyFiles(_ count: Int) -> String {
    let file =
      "<ns:ContentFiles><ns:fileName>a</ns:fileName><ns:contentType>application/pdf</ns:contentType>"
      + "<ns:content>QQ==</ns:content></ns:ContentFiles>"
    return PayloadKit.message.changing(
      "<ns:ContentText>", to: String(repeating: file, count: count) + "<ns:ContentText>")
  }

  @Test("too many attachments are refused before they are open files")
  func tooManyFiles() throws {
    let store = MemoryAttachments()
    #expect(try PayloadKit.read(Self.manyFiles(2_000), store: store).rules == ["file-count"])
    #expect(store.sinks.count == 256)
  }

  @Test("what decodes an attachment is let go with its last byte")
  func oneAtATime() throws {
    let store = CountedAttachments()
    #expect(try PayloadKit.read(Self.manyFiles(200), store: store, chunk: 100).payload?.files.count == 201)
    #expect(store.opened == 201)
    #expect(store.mostAlive == 1)
  }

  @Test("X16: random changes of bytes crash nothing", arguments: [5, 6] as [UInt64])
  func changedBytes(_ seed: UInt64) throws {
    var numbers = SeededNumbers(seed: seed)
    let original = Array(PayloadKit.message.utf8)
    for _ in 0..<1000 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...50, using: &numbers) {
        bytes[Int.random(in: bytes.indices, using: &numbers)] = UInt8.random(in: 0...255, using: &numbers)
      }
      _ = try PayloadKit.read(bytes, chunk: Int.random(in: 1...500, using: &numbers))
    }
  }
}
