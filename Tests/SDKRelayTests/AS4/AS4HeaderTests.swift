import Foundation
import Testing
import XMLSecurity

@testable import SDKRelay

@Suite("AS4 Messaging header")
struct AS4HeaderTests {
  private static func message() -> UserMessage {
    var message = AS4Kit.message()
    message.timestamp = Date(timeIntervalSince1970: 1_790_000_000.5)
    message.parts = [
      PartInfo(
        contentID: "message",
        properties: [
          PartProperty(name: "MimeType", value: "text/xml"), PartProperty(name: "CharacterSet", value: "UTF-8"),
          PartProperty(name: "CompressionType", value: "application/gzip"),
        ]),
      PartInfo(contentID: "attachment", properties: [PartProperty(name: "MimeType", value: "application/pdf")]),
    ]
    return message
  }

  private static func text(_ message: UserMessage = message()) -> String {
    // Within an envelope, which declares the prefix of SOAP.
    let envelope = OutgoingEnvelope { MessagingWriter.element(message, id: $0) }
    return String(decoding: envelope.serialized(), as: UTF8.self)
  }

  private static func read(_ text: String) throws -> UserMessage {
    try MessagingReader.read(SOAPEnvelope(parsing: Array(text.utf8)).messaging)
  }

  @Test("TA03, TA06, TA07, TA19, 4CT_TA01, 4CT_TA03: what is written is read, the parts in their order")
  func roundTrip() throws {
    var message = Self.message()
    message.refToMessageID = "before@example.se"
    message.agreement = TypedValue("A1")
    message.properties.append(MessageProperty(name: "trackingIdentifier", value: "track-1"))
    let read = try Self.read(Self.text(message))
    #expect(read == message)
    #expect(read.originalSender == "0203:komvux.kommun.example.se")
    #expect(read.finalRecipient == "0203:arbetsformedling.example.se")
    #expect(read.properties.last?.value == "track-1")
    #expect(read.parts.map(\.contentID) == ["message", "attachment"])
  }

  @Test("the header follows the schema's order")
  func order() throws {
    let user = try #require(MessagingWriter.element(Self.message(), id: "m").elements.first)
    #expect(
      user.elements.map(\.local) == [
        "MessageInfo", "PartyInfo", "CollaborationInfo", "MessageProperties", "PayloadInfo",
      ])
    #expect(user.elements[2].elements.map(\.local) == ["Service", "Action", "ConversationId"])
  }

  @Test(
    "each wrong or missing field is named",
    arguments: [
      ("<eb:MessageId>", "</eb:MessageId>", nil, EbMSCode.invalidHeader, "eb:MessageInfo/eb:MessageId is missing"),
      ("<eb:MessageId>", "</eb:MessageId>", "", .invalidHeader, "eb:MessageId is empty"),
      ("<eb:MessageId>", "</eb:MessageId>", "a b", .invalidHeader, "eb:MessageId is not a message id"),
      ("<eb:MessageId>", "</eb:MessageId>", "&lt;a@b&gt;", .invalidHeader, "eb:MessageId is not a message id"),
      ("<eb:MessageId>", "</eb:MessageId>", " a@b", .invalidHeader, "eb:MessageId has white space"),
      ("<eb:MessageId>", "</eb:MessageId>", "<eb:X/>a@b", .invalidHeader, "eb:MessageId holds elements"),
      ("<eb:Timestamp>", "</eb:Timestamp>", nil, .invalidHeader, "eb:Timestamp is missing"),
      ("<eb:Timestamp>", "</eb:Timestamp>", "yesterday", .invalidHeader, "eb:Timestamp is not an xs:dateTime"),
      ("<eb:From>", "</eb:From>", nil, .invalidHeader, "eb:PartyInfo/eb:From is missing"),
      ("<eb:To>", "</eb:To>", "<eb:Role>x</eb:Role>", .invalidHeader, "eb:To/eb:PartyId is missing"),
      ("<eb:To>", "</eb:To>", "<eb:PartyId>x</eb:PartyId>", .invalidHeader, "eb:To/eb:Role is missing"),
      (
        "<eb:To>", "</eb:To>", "<eb:PartyId>x</eb:PartyId><eb:PartyId>y</eb:PartyId><eb:Role>r</eb:Role>",
        .invalidHeader, "eb:To/eb:PartyId occurs 2 times"
      ),
      ("<eb:Action>", "</eb:Action>", nil, .invalidHeader, "eb:CollaborationInfo/eb:Action is missing"),
      ("<eb:ConversationId>", "</eb:ConversationId>", nil, .invalidHeader, "eb:ConversationId is missing"),
      ("<eb:ConversationId>", "</eb:ConversationId>", "", .invalidHeader, "eb:ConversationId is empty"),
      ("<eb:CollaborationInfo>", "</eb:CollaborationInfo>", nil, .invalidHeader, "eb:CollaborationInfo is missing"),
      ("<eb:PartyInfo>", "</eb:PartyInfo>", nil, .invalidHeader, "eb:PartyInfo is missing"),
      ("<eb:MessageInfo>", "</eb:MessageInfo>", nil, .invalidHeader, "eb:MessageInfo is missing"),
    ] as [(String, String, String?, EbMSCode, String)])
  func fields(start: String, end: String, content: String?, code: EbMSCode, detail: String) throws {
    let text = Self.text()
    let first = try #require(text.range(of: start))
    let last = try #require(text.range(of: end))
    let new = content.map { start + $0 + end } ?? ""
    let changed = text.replacingCharacters(in: first.lowerBound..<last.upperBound, with: new)
    #expect { try Self.read(changed) } throws: { AS4Kit.isError(code, detail)($0) }
  }

  @Test(
    "TA08, TA26, TA28: each wrong attribute or property is named",
    arguments: [
      // TA08: a payload behind a link is refused, and nothing is fetched.
      ("href=\"cid:message\"", "href=\"http://127.0.0.1/x\"", EbMSCode.externalPayloadError, "PartInfo[1]/@href"),
      ("href=\"cid:message\"", "href=\"file:///etc/passwd\"", .externalPayloadError, "PartInfo[1]/@href"),
      ("href=\"cid:message\"", "href=\"#body\"", .externalPayloadError, "PartInfo[1]/@href"),
      ("href=\"cid:message\"", "", .invalidHeader, "PartInfo[1]/@href is missing"),
      ("href=\"cid:message\"", "href=\"cid:%zz\"", .invalidHeader, "PartInfo[1]/@href"),
      ("href=\"cid:message\"", "href=\"cid:attachment\"", .invalidHeader, "PartInfo[2]/@href names the same part"),
      // TA26
      ("name=\"MimeType\">text/xml", "name=\"Other\">text/xml", .decompressionFailure, "MimeType"),
      ("name=\"MimeType\">text/xml", "name=\"MimeType\">text", .valueNotRecognized, "MimeType"),
      ("application/gzip<", "application/zip<", .valueNotRecognized, "CompressionType"),
      // TA28
      (">UTF-8<", ">8-UTF<", .valueNotRecognized, "CharacterSet"),
      (">UTF-8<", ">UTF 8<", .valueNotRecognized, "CharacterSet"),
      ("name=\"CharacterSet\"", "name=\"MimeType\"", .invalidHeader, "'MimeType' occurs twice"),
      ("name=\"finalRecipient\"", "name=\"originalSender\"", .invalidHeader, "'originalSender' occurs twice"),
      ("name=\"finalRecipient\"", "", .invalidHeader, "@name is missing"),
      (">0203:arbetsformedling.example.se<", "><", .invalidHeader, "eb:Property[2] is empty"),
    ] as [(String, String, EbMSCode, String)])
  func attributes(old: String, new: String, code: EbMSCode, detail: String) throws {
    let text = Self.text()
    try #require(text.contains(old))
    let changed = text.replacing(old, with: new, maxReplacements: 1)
    #expect { try Self.read(changed) } throws: { AS4Kit.isError(code, detail)($0) }
  }

  @Test("TA27, TA29: legal encoding names pass", arguments: ["UTF-8", "UTF-16", "ISO-8859-1", "windows-1252"])
  func characterSets(name: String) throws {
    let message = try Self.read(Self.text().replacing(">UTF-8<", with: ">\(name)<"))
    #expect(message.parts[0].characterSet == name)
  }

  @Test("exactly one user message is accepted, and no signal beside it")
  func oneUserMessage() throws {
    let element = MessagingWriter.element(Self.message(), id: "m")
    let second = MessagingWriter.element(Self.message(), id: "n").elements[0]
    element.append(second)
    #expect { try MessagingReader.read(element) } throws: { AS4Kit.isError(.invalidHeader, "not 2")($0) }
    element.remove(second)
    element.append(XMLElement(ebms: "SignalMessage"))
    #expect { try MessagingReader.read(element) } throws: { AS4Kit.isError(.invalidHeader, "1 eb:SignalMessage")($0) }
  }

  @Test("the message id is known even where the rest of the header is wrong")
  func earlyID() throws {
    let message = Self.message()
    let text = Self.text(message).replacing("eb:PartyInfo", with: "eb:Nothing")
    #expect(try SOAPEnvelope(parsing: Array(text.utf8)).messageID == message.messageID)
  }

  // MARK: Against the processing mode

  private static func check(_ change: (inout UserMessage) -> Void) throws {
    var message = message()
    change(&message)
    try ReceiverChecks.check(
      message, ours: ["ap-b"], mode: .federation, now: Date(timeIntervalSince1970: 1_790_000_000))
  }

  @Test("SDK-AS4-01: the federation's own values pass")
  func suitable() throws {
    try Self.check { _ in }
    try Self.check { $0.mpc = nil }
    try Self.check { $0.service.type = "urn:fdc:Digg.se:edelivery:process" }
    try Self.check { $0.agreement = TypedValue("A1") }
    try Self.check { $0.timestamp += 23 * 3_600 }
    try Self.check { $0.timestamp -= 89 * 24 * 3_600 }
    try Self.check { $0.properties = $0.properties.map { MessageProperty(name: $0.name, value: $0.value) } }
  }

  @Test("TA16: a ping needs neither participants nor parts")
  func ping() throws {
    try Self.check {
      $0.service = TypedValue(AS4Names.pingService)
      $0.action = AS4Names.pingAction
      $0.properties = []
      $0.parts = []
    }
  }

  @Test("values that do not suit the processing mode are named")
  func unsuitable() {
    let table: [(EbMSCode, String, (inout UserMessage) -> Void)] = [
      (.processingModeMismatch, "eb:To/eb:PartyId 'ap-c'", { $0.to.partyID = "ap-c" }),
      (.processingModeMismatch, "eb:To/eb:PartyId", { $0.to.partyID = "AP-B" }),
      (.valueNotRecognized, "eb:From/eb:PartyId/@type", { $0.from.type = nil }),
      (.valueNotRecognized, "eb:To/eb:PartyId/@type", { $0.to.type = "urn:other" }),
      (.valueNotRecognized, "eb:From/eb:Role", { $0.from.role = $0.to.role }),
      (.valueNotRecognized, "eb:To/eb:Role", { $0.to.role = $0.from.role }),
      (.valueNotRecognized, "@mpc", { $0.mpc = "urn:other" }),
      (.processingModeMismatch, "eb:Service", { $0.service.value = "other" }),
      (.processingModeMismatch, "eb:Service", { $0.service.type = nil }),
      (.valueInconsistent, "originalSender is missing", { $0.properties.removeFirst() }),
      (.valueInconsistent, "finalRecipient is missing", { $0.properties.removeLast() }),
      (.valueNotRecognized, "@name='finalRecipient'", { $0.properties[1].type = "urn:other" }),
      (.valueInconsistent, "eb:PayloadInfo", { $0.parts = [] }),
      (.valueInconsistent, "24 h ahead", { $0.timestamp += 25 * 3_600 }),
      (.valueInconsistent, "older than 90 days", { $0.timestamp -= 91 * 24 * 3_600 }),
    ]
    for (code, detail, change) in table {
      #expect("\(detail)") { try Self.check(change) } throws: { AS4Kit.isError(code, detail)($0) }
    }
  }
}
