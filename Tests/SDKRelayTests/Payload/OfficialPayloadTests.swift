import SDKRelay
import Testing

@Suite(
  "SDK-TST-02: official payloads",
  .enabled(if: OfficialFiles.isPresent, "the reference files are not beside the package"))
struct OfficialPayloadTests {
  @Test(
    "SDK-PAY-01, MT 2.1.1: the official messages are accepted",
    arguments: [
      "examples/message/messageWithAttachments3.xml", "examples/testdata/min.xml",
    ])
  func accepted(_ path: String) throws {
    for chunk in [Int.max, 1, 7] {
      let reading = try PayloadKit.read(try OfficialFiles.text(path), chunk: chunk)
      #expect(reading.problems == [])
      #expect(reading.payload != nil)
    }
  }

  @Test("the official example is read to its values")
  func values() throws {
    let reading = try PayloadKit.read(try OfficialFiles.text("examples/message/messageWithAttachments3.xml"))
    let payload = try #require(reading.payload)
    #expect(payload.header.messageID.value == "7bc5576a-3f87-4cf5-a0c5-277da06fcacb")
    #expect(UTCTimestamp.text(payload.header.created) == "2022-10-13T18:10:39.843Z")
    #expect(payload.header.label == "En rubrik")
    #expect(!payload.header.confidentiality)
    #expect(payload.header.recipient.id.value == "0203:testa.testbed.inera.se")
    #expect(payload.header.sender.attention?.subOrganization.address.value == "sdk.testbed.0203:testb.testbed.inera.se")
    #expect(payload.documents.map(\.texts) == [["Anslut till SDK!"]])
  }

  @Test("MT 2.4.1: TF2.4.1 breaks the schema once, and the rules for time stamp and conversationId")
  func wrongDataType() throws {
    let problems = try PayloadKit.read(try OfficialFiles.text("examples/testdata/TF2.4.1.xml")).problems
    #expect(problems.map(\.rule) == ["XSD", "creationDateTime", "conversationId"])
    #expect(problems.map(\.cause) == [.schema, .business, .business])
    #expect(problems.map(\.detail) == [.structure, .invariant, .invariant])
    let header = "/ns:messagePayload/ns:message/ns:messageHeader"
    #expect(problems[0].xpath == header + "/ns:creationDateTime")
    #expect(problems[0].text == "cvc-datatype-valid.1.2.1: '…' is not a valid value for 'dateTime'.")
    #expect(problems[2].xpath == header + "/ns:conversationId")
  }

  @Test("MT 2.4.2: a sender of a code list that is not approved breaks an invariant")
  func wrongSenderRoot() throws {
    let xml = try OfficialFiles.text("examples/testdata/min.xml")
      .changing(
        "<ns2:senderID>\n\t\t\t\t\t<ns2:root>iso6523-actorid-upis", to: "<ns2:senderID>\n<ns2:root>icke-godkänt-kodverk"
      )
    let problems = try PayloadKit.read(xml).problems
    #expect(problems.map(\.rule) == ["senderIdvalue"])
    #expect(problems.map(\.detail) == [.invariant])
    #expect(!problems.description.contains("icke-godk"))
  }
}
