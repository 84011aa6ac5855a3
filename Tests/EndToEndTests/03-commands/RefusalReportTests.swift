import Foundation
@testable import StructuredBridge
import Testing

@testable import Command

@Suite("Reports of refused rows") struct RefusalReportTests {
  @Test(
    "no cell of a report is a formula in a spreadsheet, and none breaks its row",
    arguments: [
      ("=HYPERLINK(1)", "'=HYPERLINK(1)"), ("+1", "'+1"), ("-1", "'-1"), ("@SUM(1)", "'@SUM(1)"), ("\t=1", "'\t=1"),
      ("\r=1", "\"'\r=1\""), ("=1,2", "\"'=1,2\""), ("en \"text\"", "\"en \"\"text\"\"\""),
      ("två\nrader", "\"två\nrader\""),
      ("vanlig text", "vanlig text"), ("", ""),
    ])
  func cells(_ text: String, _ cell: String) {
    #expect(RefusalReport.cell(text) == cell)
  }

  @Test("a report is CSV, or JSON lines by its name, closed to others, and never written through a link")
  func files() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "report-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let refusals = [
      RowRefusal(
        row: 1, line: 2, column: "person", code: "person.checksum", sentence: "the check digit is wrong, or so"),
      RowRefusal(row: 3, line: 4, column: nil, code: "width", sentence: "it has another number of cells"),
    ]
    for name in ["a.csv", "a.jsonl"] {
      let file = folder.appending(path: name)
      let report = try RefusalReport(file.path)
      for refusal in refusals { try report.add(refusal) }
      try report.finish()
      let text = try String(contentsOf: file, encoding: .utf8)
      let lines = text.split(whereSeparator: \.isNewline)
      #expect(lines.count == (name.hasSuffix("csv") ? 3 : 2), "\(text)")
      #expect(text.contains("person.checksum") && text.contains("the check digit is wrong, or so"))
      if name.hasSuffix("jsonl") {
        for line in lines { #expect((try? JSONSerialization.jsonObject(with: Data(line.utf8))) != nil) }
      }
      let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
      #expect(mode == 0o600)
    }
    let target = folder.appending(path: "target")
    try Data("kvar".utf8).write(to: target)
    let link = folder.appending(path: "link.csv")
    try FileManager.default.createSymbolicLink(at: link, withDestinationURL: target)
    #expect(throws: (any Error).self) { try RefusalReport(link.path) }
    #expect(try String(contentsOf: target, encoding: .utf8) == "kvar")
  }
}
