import Foundation
import SDKRelay
import Testing

@testable import StructuredBridge

@Suite("Files of the first loading")
struct LoadingFileTests {
  private let kit: LoadingKit

  init() throws { kit = try LoadingKit() }

  @Test("CSV: comma or semicolon, LF or CRLF, quoted cells, a byte order mark, empty lines")
  func csv() async throws {
    let plain = [kit.row(0), "", kit.row(1)]
    let semicolon = { (text: String) in text.replacing(",", with: ";") }
    let quoted = plain.map {
      $0.isEmpty
        ? ""
        : $0.split(separator: ",", omittingEmptySubsequences: false)
          .map { "\"\($0)\"" }.joined(separator: ",")
    }
    #expect(try await kit.load(kit.file(plain)).counts == [2, 0, 0])
    #expect(try await kit.load([0xEF, 0xBB, 0xBF] + kit.file(plain, ending: "\r\n")).counts == [0, 2, 0])
    #expect(
      try await kit.load(kit.file(plain.map(semicolon), heading: semicolon(LoadingKit.heading))).counts == [0, 2, 0])
    #expect(try await kit.load(kit.file(quoted)).counts == [0, 2, 0])
  }

  @Test("JSON: an array or an object a line, with events as objects")
  func json() async throws {
    func object(_ place: Int, _ more: String = "") -> String {
      """
      {"organisation":"\(kit.kit.tenant.value)","counterparty":"\(BridgeKit.counterparty.value)",\
      "person":"\(BridgeKit.person(place).whole)","opened":"2026-09-01","ownSystem":"A-\(place)"\(more)}
      """
    }
    let event = #","closed":null,"events":[{"kind":"admission","date":"2026-09-02","id":"e1"}]"#
    let lines = [object(0, event), object(1), "{", #"{"person":5}"#, object(2, #","namn":"x""#)]
    let read = try await kit.load(Array(lines.joined(separator: "\n").utf8), as: .json)
    #expect(read.counts == [2, 0, 3] && read.codes == ["json", "json", "name"])
    #expect(read.refusals.map(\.line) == [3, 4, 5])
    let array = "[\n\(object(0, event)),\n\(object(3))\n]\n"
    #expect(try await kit.load(Array(array.utf8), as: .json).counts == [1, 1, 0])
    #expect(try await kit.refusal(Array("[\(object(4))".utf8), as: .json) == .noJSON(line: 1))
    #expect(try await kit.refusal(Array("[1]".utf8), as: .json) == .noJSON(line: 1))
  }

  @Test("other encodings are refused in a sentence that names them")
  func encodings() async throws {
    let text = String(decoding: kit.file([kit.row()]), as: UTF8.self)
    for encoding in [String.Encoding.utf16, .utf16LittleEndian, .utf16BigEndian] {
      #expect(try await kit.refusal([UInt8](#require(text.data(using: encoding)))) == .utf16)
    }
    let latin = (text + "Å").data(using: .isoLatin1)
    #expect(try await kit.refusal([UInt8](#require(latin))) == .notUTF8)
    #expect(try await kit.refusal([]) == .empty)
  }

  @Test("characters are whole across the pieces that a file is read in")
  func pieces() async throws {
    let long = String(repeating: "å", count: 100)
    let rows = (0..<900).map { kit.row(0, dnr: "\(long)\($0)") }
    #expect(try await kit.load(kit.file(rows)).counts == [900, 0, 0])
  }

  @Test("columns that are missing, doubled or unknown refuse the file, and no name that is not known is repeated")
  func columns() async throws {
    #expect(
      try await kit.refusal(kit.file([], heading: "organisation,person"))
        == .missingColumns(["counterparty", "opened"]))
    #expect(try await kit.refusal(kit.file([], heading: "person,person")) == .doubledColumn("person"))
    #expect(try await kit.refusal(kit.file([], heading: "person,191212121212")) == .unknownColumn(2))
  }

  @Test(
    "what a cell may not hold refuses its row alone, with a code and nothing of the cell",
    arguments: [
      ("=HYPERLINK(1)", "formula"), ("@x", "formula"), ("a\u{0}b", "character"), ("19121212-1212", "identityNumber"),
      ("a\"b", "quote"), ("a,b", "width"), (String(repeating: "x", count: 9_000), "tooLong"),
      (String(repeating: "x", count: 300), "reference"), ("\u{202E}x", "reference"),
    ])
  func cells(_ cell: String, _ code: String) async throws {
    let result = try await kit.load(kit.file([kit.row(0, dnr: cell), kit.row(1)]))
    #expect(result.codes == [code] && result.counts == [1, 0, 1])
    #expect(!"\(result.refusals)".contains(cell))
  }

  @Test("a person's number is judged as everywhere, and its reason holds none of it")
  func numbers() async throws {
    let cases = [
      ("191212121213", "person.checkDigit"), ("1212121212", "person.century"), ("2021002114", "person.organisation"),
      ("", "missing"),
    ]
    let rows = cases.map { kit.row().replacing(BridgeKit.person().whole, with: $0.0) }
    let result = try await kit.load(kit.file(rows))
    #expect(result.codes.count == cases.count && result.refusals.allSatisfy { $0.column == "person" })
    for (found, (_, code)) in zip(result.codes, cases) { #expect(found == code) }
    #expect(!"\(result.refusals)".contains("1212"))
  }

  @Test("a quotation mark that never ends is one refused row, and takes no memory")
  func openQuote() async throws {
    let rows = [kit.row(0), kit.row(1, dnr: "\"x")] + (0..<20_000).map { _ in "ifyllnad" }
    let result = try await kit.load(kit.file(rows))
    #expect(result.codes == ["quote"] && result.counts == [1, 0, 1] && result.refusals.map(\.line) == [3])
  }
}
