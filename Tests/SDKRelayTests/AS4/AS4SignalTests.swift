import Foundation
import Testing
import XMLSecurity

@testable import SDKRelay

@Suite("AS4 answers")
struct AS4SignalTests {
  private static let content = Array("<message>text</message>".utf8)

  /// Sends a message, lets the body make an answer to it, and judges that.
  private static func answer(
    contentType: String = Signal.contentType, signers: [Certificate]? = nil,
    _ make: (VerifiedUserMessage, AS4Federation) throws -> [UInt8]
  ) throws -> SignalOutcome {
    let federation = try AS4Federation.shared()
    return try AS4Kit.withPacked([content]) { packed, folder in
      let received = try AS4Kit.read(packed.contentType, AS4Kit.bytes(packed.file), in: folder)
      return Signal.read(
        try make(received, federation), contentType: contentType, answering: packed,
        signers: signers ?? [federation.b.certificate], trust: federation.trust)
    }
  }

  private static func receipt(
    _ message: VerifiedUserMessage, _ signer: Identity, id: String? = nil,
    references: ([SignatureReference]) -> [SignatureReference] = { $0 }
  ) throws -> [UInt8] {
    var header = message.message
    header.messageID = id ?? header.messageID
    let changed = VerifiedUserMessage(
      message: header, signer: message.signer, references: references(message.references), payloads: [],
      soap: message.soap)
    return try Signal.receipt(for: changed, signer: signer, mode: AS4Kit.mode)
  }

  private static func expectInvalid(_ outcome: SignalOutcome, _ reason: String, _ name: String) {
    guard case .invalid(let text) = outcome else {
      Issue.record("\(name): \(outcome)")
      return
    }
    #expect(text.contains(reason), "\(name): \(text)")
  }

  @Test("TA01, TA14: a receipt repeats every reference, signed by the receiver")
  func good() throws {
    let outcome = try Self.answer { try Self.receipt($0, $1.b) }
    guard case .receipt = outcome else {
      Issue.record("\(outcome)")
      return
    }
  }

  @Test("I10: during a change of certificate a receipt by either is accepted")
  func rollover() throws {
    let federation = try AS4Federation.shared()
    let newB = try AS4Federation.accessPoint("ap-b", federation.authority)
    let outcome = try Self.answer(signers: [newB.certificate, federation.b.certificate]) { message, _ in
      try Self.receipt(message, newB)
    }
    guard case .receipt = outcome else {
      Issue.record("\(outcome)")
      return
    }
  }

  private typealias Make = @Sendable (VerifiedUserMessage, AS4Federation) throws -> [UInt8]

  /// A receipt whose references have been changed.
  private static func references(_ change: @escaping @Sendable (inout [SignatureReference]) -> Void) -> Make {
    { message, federation in
      try receipt(message, federation.b) { references in
        var references = references
        change(&references)
        return references
      }
    }
  }

  /// A receipt whose text has been changed after signing.
  private static func text(_ change: @escaping @Sendable (String) -> String) -> Make {
    { Array(change(String(decoding: try receipt($0, $1.b), as: UTF8.self)).utf8) }
  }

  private static let forgedReceipts: [(String, String, Make)] = [
    ("missing part", "does not acknowledge 'cid:message'", references { $0.removeLast() }),
    ("missing Messaging", "does not acknowledge '#_messaging", references { $0.removeFirst() }),
    ("other digest", "another digest for 'cid:message'", references { $0[2].digestValue[0] ^= 1 }),
    ("other algorithm", "does not acknowledge", references { $0[2].digestMethod = .sha1 }),
    ("one twice", "twice", references { $0.append($0[0]) }),
    (
      "one too many", "not sent",
      references {
        $0.append($0[2])
        $0[3].uri = "cid:extra"
      }
    ),
    ("other message", "another message", { try receipt($0, $1.b, id: "other@example.se") }),
    ("other signer", "not the receiving access point", { try receipt($0, $1.c) }),
    ("our own signature", "not the receiving access point", { try receipt($0, $1.a) }),
    ("not signed", "not signed", text { $0.replacing(/<wsse:Security.*<\/wsse:Security>/, with: "") }),
    ("changed", "digest differs", text { $0.replacing("<eb:Receipt>", with: "<eb:Receipt> ") }),
    ("cut", "SOAP part", { try receipt($0, $1.b).dropLast(100) + [] }),
    ("empty", "empty", { _, _ in [] }),
    (
      "a user message", "eb:SignalMessage",
      { message, _ in OutgoingEnvelope { MessagingWriter.element(message.message, id: $0) }.serialized() }
    ),
  ]

  @Test("Q4: receipts that do not prove reception are refused, with the reason")
  func forged() throws {
    for (name, reason, make) in Self.forgedReceipts {
      Self.expectInvalid(try Self.answer(make), reason, name)
    }
    Self.expectInvalid(
      try Self.answer(contentType: "text/html; charset=utf-8") { _, _ in Array("<html/>".utf8) }, "text/html", "HTML")
    Self.expectInvalid(try Self.answer(contentType: "") { try Self.receipt($0, $1.b) }, "Content-Type", "no type")
  }

  @Test("a receipt in a multipart of one part is understood")
  func multipart() throws {
    let outcome = try Self.answer(contentType: "multipart/related; boundary=b; type=\"application/soap+xml\"") {
      let receipt = try Self.receipt($0, $1.b)
      return Array("--b\r\nContent-Type: application/soap+xml\r\n\r\n".utf8) + receipt + Array("\r\n--b--\r\n".utf8)
    }
    guard case .receipt = outcome else {
      Issue.record("\(outcome)")
      return
    }
  }

  @Test(
    "errors arrive with code, text and detail; which of them may pass later is decided here",
    arguments: EbMSCode.allCases)
  func errors(code: EbMSCode) throws {
    let sent = EbMSError(code, "eb:To/eb:PartyId <is> \"wrong\" & odd", text: "för människor")
    let outcome = try Self.answer { message, federation in
      try Signal.error(sent.about(message.message.messageID), signer: federation.b)
    }
    guard case .error(let error) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(error.code == code && error.detail == sent.detail && error.text == sent.text)
    let transient: Set<EbMSCode> = [
      .other, .connectionFailure, .emptyMessagePartitionChannel, .dysfunctionalReliability, .deliveryFailure,
    ]
    #expect(error.isTransient == transient.contains(code))
  }

  @Test("SDK-AS4-04: NOT_SERVICED is final")
  func notServiced() throws {
    let outcome = try Self.answer {
      try Signal.error(.notServiced("eb:Action 'x' is not served here").about($0.message.messageID), signer: $1.b)
    }
    guard case .error(let error) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(error.code == .other && error.detail == "NOT_SERVICED" && !error.isTransient)
    #expect("\(error)" == "EBMS:0004 Other: NOT_SERVICED, eb:Action 'x' is not served here")
  }

  @Test("SDK-AS4-04: NOT_SERVICED is final wherever a product puts it", arguments: 0..<3)
  func notServicedElsewhere(place: Int) throws {
    let outcome = try Self.answer { message, federation in
      let envelope = OutgoingEnvelope { id in
        let messaging = MessagingWriter.frame(id: id)
        let signal = messaging.append(XMLElement(ebms: "SignalMessage"))
        signal.append(
          MessagingWriter.messageInfo(timestamp: Date(), id: "e@x", refToMessageID: message.message.messageID))
        let error = signal.append(
          XMLElement(
            ebms: "Error",
            attributes: [
              XMLAttribute("errorCode", "EBMS:0004"), XMLAttribute("severity", "failure"),
              XMLAttribute("shortDescription", place == 0 ? "NOT_SERVICED" : "Other"),
            ]))
        if place > 0 { error.append(XMLElement(ebms: "Description", "NOT_SERVICED")) }
        if place > 1 { error.append(XMLElement(ebms: "ErrorDetail", "the receiver does not know the action")) }
        return messaging
      }
      let keyInfo = try envelope.addSignerToken(federation.b, .binarySecurityToken)
      try envelope.sign(envelope.references(), signer: federation.b, keyInfo: keyInfo)
      return envelope.serialized()
    }
    guard case .error(let error) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(error.code == .other && !error.isTransient)
  }

  @Test("an error that is not signed never ends a message's attempts; one by a stranger proves nothing")
  func unsignedErrors() throws {
    let unsigned = try Self.answer { message, federation in
      let bytes = try Signal.error(
        EbMSError(.invalidHeader, "x", refToMessageID: message.message.messageID), signer: federation.b)
      return Array(String(decoding: bytes, as: UTF8.self).replacing(/<wsse:Security.*<\/wsse:Security>/, with: "").utf8)
    }
    guard case .error(let error) = unsigned else {
      Issue.record("\(unsigned)")
      return
    }
    #expect(error.isTransient)
    Self.expectInvalid(
      try Self.answer { message, federation in
        try Signal.error(
          EbMSError(.invalidHeader, "x", refToMessageID: message.message.messageID), signer: federation.c)
      }, "not the receiving access point", "stranger")
    Self.expectInvalid(
      try Self.answer { _, federation in
        try Signal.error(EbMSError(.invalidHeader, "x", refToMessageID: "other@example.se"), signer: federation.b)
      }, "another message", "other message")
  }

  @Test("an error about a message whose header could not be read names none, and is understood")
  func anonymousError() throws {
    let outcome = try Self.answer {
      try Signal.error(EbMSError(.mimeInconsistency, "part 2 does not end"), signer: $1.b)
    }
    guard case .error(let error) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(error.code == .mimeInconsistency)
  }

  @Test("W10: what a peer puts into an error reaches our texts without control characters and bounded")
  func bounded() throws {
    let outcome = try Self.answer { message, federation in
      let detail = "line\nline\t" + String(repeating: "x", count: 2_000)
      return try Signal.error(
        EbMSError(.other, detail, refToMessageID: message.message.messageID), signer: federation.b)
    }
    guard case .error(let error) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(error.detail.count <= 500 && error.detail.allSatisfy { !$0.isNewline && $0 != "\t" })
  }
}
