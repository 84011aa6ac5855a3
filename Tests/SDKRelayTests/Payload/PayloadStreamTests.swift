import Foundation
import SDKRelay
import Testing
import XMLSecurity

@Suite("Payload streams")
struct PayloadStreamTests {
  @Test("what is written is read back, attachments and all")
  func roundTrip() throws {
    let files: [[UInt8]] = [Array("%PDF-1.7\n".utf8), (0..<100_001).map { UInt8(truncatingIfNeeded: $0) }]
    let payload = try PayloadKit.full(files: files.enumerated().map { PayloadKit.file($0, $1) })
    for declaration in [false, true] {
      let xml = try PayloadKit.write(payload, declaration: declaration, files: files)
      #expect(
        xml.hasPrefix(declaration ? "<?xml version=\"1.0\" encoding=\"UTF-8\"?>" : "<ns:messagePayload xmlns:ns="))
      let store = MemoryAttachments()
      let reading = try PayloadKit.read(xml, store: store, chunk: 1000)
      #expect(reading.payload == payload)
      #expect(store.sinks[0]?.bytes == files[0] && store.sinks[1]?.bytes == files[1])
    }
  }

  @Test("what is written is in canonical form")
  func canonical() throws {
    let xml = try PayloadKit.write(try PayloadKit.full())
    let element = try XMLElement.parse(Array(xml.utf8), limits: .payload(totalBytes: 1 << 20))
    #expect(element.canonical(.inclusive10) == Array(xml.utf8))
  }

  @Test("attachments go to files of a spool")
  func spooled() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = SpooledAttachments(try Spool(folder: folder))
    let payload = try #require(try PayloadKit.read(PayloadKit.message, store: store).payload)
    let file = try #require(store.files[payload.files[0].content.number])
    #expect(try Data(contentsOf: file.temporaryURL) == Data("%PDF-1.7\n".utf8))
    #expect(payload.files[0].content.size == 9)
    #expect(payload.files[0].content.sha256 == digest(.sha256, of: Array("%PDF-1.7\n".utf8)))
  }

  @Test("an attachment that is not accepted is not stored")
  func notStored() throws {
    let store = MemoryAttachments()
    _ = try PayloadKit.read(PayloadKit.message.changing("application/pdf", to: "image/gif"), store: store)
    _ = try PayloadKit.read(
      PayloadKit.message.changing("<ns:label>Study plan", to: "<ns:wrong>u</ns:wrong><ns:label>Study plan"),
      store: store, chunk: 500)
    #expect(store.sinks.isEmpty)
  }

  @Test("a store that fails is our error, not the message's")
  func storeFails() {
    #expect(throws: SpoolProblem.full) { try PayloadKit.read(PayloadKit.message, store: FullStore()) }
  }

  @Test("SDK-PAY-12, MT 2.1.2, 2.1.3: the largest message is accepted both ways, one byte more is not")
  func largest() throws {
    let content: [UInt8] = Array(repeating: 0x41, count: 20 << 20)
    let small: [[UInt8]] = Array(repeating: [1], count: 255)
    for files in [[content], small] {
      var payload = try PayloadKit.full(files: files.enumerated().map { PayloadKit.file($0, $1) })
      for (direction, limit) in [(PayloadDirection.outgoing, 30 << 20), (.incoming, 45 << 20)] {
        // A text fills what the attachments leave.
        payload.documents[0].texts[1] = "x"
        let any = PayloadLimits(maximumBytes: .max / 8)
        let rest = limit - (try PayloadKit.write(payload, limits: any, files: files)).utf8.count
        payload.documents[0].texts[1] = String(repeating: "x", count: 1 + rest)
        let largest = try PayloadKit.write(payload, limits: any, files: files)
        #expect(largest.utf8.count == limit)
        let limits = direction == .outgoing ? PayloadLimits.outgoing : .incoming
        let store = CountedAttachments()
        let reading = try PayloadKit.read(largest, limits: limits, direction: direction, store: store)
        #expect(reading.payload?.files == payload.files)
        #expect(store.opened == files.count)
        let larger = largest.changing("Study plan", to: "Study plans")
        #expect(try PayloadKit.read(larger, limits: limits, direction: direction).rules == ["size"])
        guard direction == .outgoing else { continue }
        #expect(try PayloadKit.write(payload, files: files) == largest)
        payload.documents[0].texts[1] += "x"
        let problem = #expect(throws: InvalidPayload.self) { try PayloadKit.write(payload, files: files) }
        #expect(problem?.problems.map(\.text) == ["Message size to large."])
      }
    }
  }

  @Test("MT 2.4.8: an incoming message over the size is refused as too long, however far over")
  func tooLarge() throws {
    let size = PayloadKit.message.utf8.count
    for limit in [size - 1, size / 3, size / 10] {
      let problems = try PayloadKit.read(PayloadKit.message, limits: PayloadLimits(maximumBytes: limit), chunk: 64)
        .problems
      #expect(problems.map(\.rule) == ["size"])
      #expect(problems.map { "\($0.cause.rawValue) \($0.detail.rawValue)" } == ["BV too-long"])
    }
    let broken = PayloadKit.message.changing("</ns:messagePayload>", to: "")
    #expect(try PayloadKit.read(broken, limits: PayloadLimits(maximumBytes: size / 2)).isUnreadable)
  }

  @Test("MT 2.2.1, SDK-PAY-15: references of unknown roots are kept")
  func references() throws {
    let xml = PayloadKit.message.changing("<ns:root>dnr", to: "<ns:root>unregistred")
    let payload = try #require(try PayloadKit.read(xml).payload)
    #expect(payload.header.recipient.attention.references.map(\.id.root) == ["unregistred"])
  }

  @Test("an attachment that changed since it was taken is not sent")
  func changed() throws {
    let payload = try PayloadKit.full(files: [PayloadKit.file(0, [1, 2, 3])])
    let problem = #expect(throws: PayloadWriter.AttachmentChanged.self) {
      try PayloadKit.write(payload, files: [[1, 2, 4]])
    }
    #expect(problem?.number == 0)
  }

  @Test("MT 2.3.1: what breaks a rule is not written")
  func refused() throws {
    var payload = try PayloadKit.full()
    payload.header.label = nil
    payload.documents[1].index = "1"
    payload.documents[0].texts[0] = ""
    let problem = #expect(throws: InvalidPayload.self) { try PayloadKit.write(payload) }
    #expect(
      problem?.problems.map(\.rule) == ["verifyNonEmptyElements", "verifyNonEmptyElements", "index", "label-required"])
    payload = try PayloadKit.full(files: [PayloadKit.file(0, [])])
    let empty = #expect(throws: InvalidPayload.self) { try PayloadKit.write(payload, files: [[]]) }
    #expect(empty?.problems.map(\.rule).contains("contentFiles") == true)
    payload = try PayloadKit.full()
    payload.header.label = "a\u{1}b"
    #expect(throws: InvalidPayload.self) { try PayloadKit.write(payload) }
  }

  @Test("texts come through unchanged, line ends included")
  func texts() throws {
    var payload = try PayloadKit.full()
    payload.documents[0].texts = ["a\r\nb\rc\n\n  d\te ", "<b>&amp;</b> ]]> \u{85}\u{2028}"]
    #expect(
      try PayloadKit.read(try PayloadKit.write(payload)).payload?.documents[0].texts == payload.documents[0].texts)
  }

  @Test(
    "times are written in UTC with milliseconds and read back",
    arguments: [
      ("2022-10-13T18:10:39.843Z", 1_665_684_639.843), ("1970-01-01T00:00:00.000Z", 0),
      ("1969-12-31T23:59:59.999Z", -0.001),
      ("2000-02-29T12:00:00.500Z", 951_825_600.5), ("2100-03-01T00:00:00.000Z", 4_107_542_400),
    ])
  func times(_ text: String, _ seconds: Double) throws {
    #expect(UTCTimestamp.text(Date(timeIntervalSince1970: seconds)) == text)
    let date = try #require(UTCTimestamp.date(text))
    #expect(abs(date.timeIntervalSince1970 - seconds) < 0.0001)
    #expect(UTCTimestamp.date("2022-10-13T20:10:39+02:00") == UTCTimestamp.date("2022-10-13T18:10:39Z"))
  }
}
