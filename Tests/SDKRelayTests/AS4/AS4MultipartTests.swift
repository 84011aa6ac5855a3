import Testing
import XMLSecurity

@testable import SDKRelay

/// What a body splits into, or why it is refused.
private func split(
  _ body: String, boundary: String = "b", maximumParts: Int = 3, chunk: Int = 7
) throws -> [(id: String?, content: String)] {
  var parts: [(id: String?, sink: MemorySink)] = []
  let reader = try MultipartReader(boundary: boundary, maximumParts: maximumParts) { head, _ in
    let sink = MemorySink()
    parts.append((head.contentID, sink))
    return sink
  }
  try AS4Kit.feed(Array(body.utf8), to: reader, chunk: chunk)
  return parts.map { ($0.id, String(decoding: $0.sink.bytes, as: UTF8.self)) }
}

private func isMIMEInconsistency(_ part: String = "") -> (any Error) -> Bool {
  { error in
    guard let error = error as? EbMSError else { return false }
    return error.code == .mimeInconsistency && error.detail.contains(part)
  }
}

@Suite("AS4 MIME")
struct AS4MultipartTests {
  static let plain = "--b\r\nContent-ID: <one>\r\n\r\nfirst\r\n--b\r\nContent-ID: <two>\r\n\r\nsecond\n\r\n--b--\r\n"

  @Test("parts split alike at every chunk size", arguments: Array(1...40) + [1_000])
  func chunks(size: Int) throws {
    let parts = try split(Self.plain, chunk: size)
    #expect(parts.map(\.id) == ["one", "two"])
    #expect(parts.map(\.content) == ["first", "second\n"])
  }

  @Test("an empty part, an empty header, a preamble and padding after the boundary are understood", arguments: 1...20)
  func corners(size: Int) throws {
    let body = "before\r\nthe first\r\n--b \t\r\n\r\n--b\r\nContent-ID: <x>\r\n\r\n\r\n--b\r\n\r\nno header\r\n--b--"
    let parts = try split(body, chunk: size)
    #expect(parts.map(\.content) == ["", "", "no header"])
    #expect(parts.map(\.id) == [nil, "x", nil])
  }

  @Test("folded header lines and identity encodings are understood", arguments: ["binary", "8bit", "7bit", "BINARY"])
  func encodings(name: String) throws {
    let head = "Content-Type: application/octet-stream;\r\n name=\"x\"\r\nContent-Transfer-Encoding: \(name)\r\n"
    #expect(try split("--b\r\n\(head)\r\n=41\r\n--b--").map(\.content) == ["=41"])
  }

  @Test("base64 parts are decoded", arguments: 1...12)
  func base64(size: Int) throws {
    let body = "--b\r\nContent-Transfer-Encoding: base64\r\n\r\naGVs\r\nbG8=\r\n--b--"
    #expect(try split(body, chunk: size).map(\.content) == ["hello"])
  }

  @Test(
    "T1: what two readers could understand differently is refused",
    arguments: [
      ("--b\r\n\r\nx\r\n--bar\r\n--b--", "goes on"),  // a line that only begins with the boundary
      ("--b\r\n\r\nx\r\n--b x\r\n--b--", "goes on"),
      ("--b\r\n\r\nx\n--b\r\n\r\ny\r\n--b--", "bare LF"),
      ("--b\n\nx\n--b--\n", "before part 1 ends with a bare LF"),
      ("--b\r\nContent-ID: <x>\n\r\n\r\nx\r\n--b--", "CR LF"),
      ("--b\r\nContent-ID: <x>\r\nContent-ID: <y>\r\n\r\nx\r\n--b--", "occurs twice"),
      ("--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\nx\r\n--b--", "nested"),
      ("--b\r\nContent-Type: message/rfc822\r\n\r\nx\r\n--b--", "nested"),
      ("--b\r\nContent-Type: text/xml; charset=a; charset=b\r\n\r\nx\r\n--b--", "Content-Type"),
      ("--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nx\r\n--b--", "quoted-printable"),
      ("--b\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8\r\n--b--", "base64"),
      ("--b\r\n folded: first\r\n\r\nx\r\n--b--", "continuation"),
      ("--b\r\nno colon\r\n\r\nx\r\n--b--", "field name"),
      ("--b\r\nX: \u{e9}\r\n\r\nx\r\n--b--", "ASCII"),
      ("--b\r\nContent-ID: <a b>\r\n\r\nx\r\n--b--", "Content-ID"),
      ("--b\r\n\r\nx\r\n", "does not end"),
      ("--b\r\n\r\nx\r\n--b", "does not end"),
      ("--b\r\n\r\nx\r\n--b-", "does not end"),
      ("--b\r\nContent-ID: <x>\r\n", "does not end"),
      ("", "first boundary"),
      ("no boundary", "first boundary"),
      ("--b--\r\n", "no part"),
      ("--b\r\n\r\nx\r\n--b--\r\n--b\r\n\r\nhidden\r\n--b--", "follows"),
    ])
  func refused(body: String, reason: String) {
    for chunk in [1, 3, 1_000] {
      #expect("\(body.debugDescription) in chunks of \(chunk)") {
        try split(body, chunk: chunk)
      } throws: {
        isMIMEInconsistency(reason)($0)
      }
    }
  }

  @Test("T2: more parts than allowed are refused when they begin")
  func manyParts() {
    let body = (1...50).map { "--b\r\nContent-ID: <\($0)>\r\n\r\nx\r\n" }.joined() + "--b--"
    #expect { try split(body) } throws: { isMIMEInconsistency("more than 2 parts")($0) }
  }

  @Test("T2: a header block above 8 kB is refused before it has all arrived")
  func hugeHeader() throws {
    let reader = try MultipartReader(boundary: "b", maximumParts: 3) { _, _ in DiscardingSink() }
    try reader.write("--b\r\nX: ")
    #expect {
      for _ in 0..<10 { try reader.write(String(repeating: "x", count: 1_000)) }
    } throws: {
      isMIMEInconsistency("8 kB")($0)
    }
  }

  @Test("T2: a header of nearly 8 kB that comes byte by byte costs no more than its length")
  func slowHead() throws {
    let body = Array("--b\r\nX: y\r\n\(String(repeating: " \r\n", count: 2_700))\r\ncontent\r\n--b--".utf8)
    let content = MemorySink()
    let reader = try MultipartReader(boundary: "b", maximumParts: 1) { _, _ in content }
    // Searching all that is there for each byte would take about thirty million comparisons.
    let time = try ContinuousClock().measure { try AS4Kit.feed(body, to: reader, chunk: 1) }
    #expect(time < .seconds(5))
    #expect(content.bytes == Array("content".utf8))
  }

  @Test("T2: a preamble above 8 kB is refused")
  func hugePreamble() {
    #expect { try split(String(repeating: "x", count: 9_000) + Self.plain) } throws: { isMIMEInconsistency("8 kB")($0) }
  }

  @Test("the boundary's own bytes may occur in the content where no line begins with it", arguments: 1...9)
  func lookalikes(size: Int) throws {
    let content = "x--b\r\n-b\r\n--\r\n\r\r\n--c\r\n"
    #expect(try split("--b\r\n\r\n\(content)\r\n--b--", chunk: size).map(\.content) == [content])
  }

  @Test(
    "T1: Content-Type values have one meaning or none",
    arguments: [
      "multipart/related; boundary=a; boundary=b", "multipart/related; boundary=\"a", "multipart/related boundary=a",
      "multipart/related; boundary*=a", "multipart/related; boundary*0=a", "multipart/related; (c) boundary=a",
      "multipart", "multipart/", "/related", "multipart/related; =a", "multipart/related; boundary=", "",
    ])
  func mediaTypes(text: String) {
    #expect(MediaType(text) == nil)
  }

  @Test("quoted and plain parameters are read, names without regard to case")
  func parameters() throws {
    let type = try #require(MediaType("Multipart/Related; BOUNDARY=\"=_a\\\"b c\" ;type=text/plain;"))
    #expect(type.name == "multipart/related")
    #expect(type.parameters["boundary"] == "=_a\"b c")
    #expect(MediaType("a/b; type=\"text/xml\"; start=\"<x@y>\"")?.parameters["start"] == "<x@y>")
  }

  @Test("cid references are percent-decoded, and nothing else is one")
  func references() {
    #expect(CIDReference.contentID("cid:a%40b") == "a@b")
    #expect(CIDReference.uri("a@b%c") == "cid:a@b%25c")
    #expect(CIDReference.contentID(CIDReference.uri("å <x>")) == nil)
    for uri in ["http://x", "cid:", "CID:x", "cid:%", "cid:%4", "cid:%zz", "#x", "cid:a%00b", "cid:a%20b"] {
      #expect(CIDReference.contentID(uri) == nil, "\(uri)")
    }
  }

  @Test(
    "timestamps are read in UTC, with an offset or with neither",
    arguments: [
      ("2026-02-28T23:59:59.123Z", "2026-02-28T23:59:59.123Z"),
      ("2026-01-01T00:30:00+01:00", "2025-12-31T23:30:00.000Z"),
      ("2024-02-29T12:00:00", "2024-02-29T12:00:00.000Z"), ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
      ("2000-03-01T00:00:00.000000001Z", "2000-03-01T00:00:00.000Z"),
    ])
  func timestamps(text: String, normal: String) throws {
    #expect(EbMSTimestamp.text(try #require(EbMSTimestamp.date(text))) == normal)
  }

  @Test(
    "what is not a time is refused",
    arguments: [
      "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01",
      "2026-01-01T00:60:00Z", "3 Sept. 2019", " 2026-01-01T00:00:00Z", "2026-01-01T00:00:00.Z",
      "2026-01-01T00:00:00+15:00", "٢026-01-01T00:00:00Z",
    ])
  func notTimestamps(text: String) {
    #expect(EbMSTimestamp.date(text) == nil)
  }
}
