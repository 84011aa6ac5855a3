import Foundation
import Testbed
import Testing

@testable import Command

@Suite("03 Names of saved files and text on a terminal")
struct SafeNameTests {
  @Test(
    "W8: a name from a message becomes one that stays in its folder",
    arguments: [
      ("Studieplan.pdf", "Studieplan.pdf"), ("Bedömning åäö.pdf", "Bedömning åäö.pdf"), ("../../etc/passwd", "passwd"),
      ("/etc/passwd", "passwd"), ("..\\..\\boot.ini", "boot.ini"), ("..", "attachment"), (".", "attachment"),
      ("", "attachment"), ("/", "attachment"), (".bashrc", "bashrc"), ("a\u{0}b.pdf", "a_b.pdf"),
      ("a\nb.pdf", "a_b.pdf"), ("fdp.\u{202E}exe", "fdp._exe"), ("CON", "_CON"), ("nul.txt", "_nul.txt"),
      ("a:b?.pdf", "a_b_.pdf"), ("name. ", "name"), ("   ", "attachment"), ("\u{1B}[31mred", "_[31mred"),
    ])
  func safeName(_ name: String, _ expected: String) {
    #expect(SafeFolder.safeName(name) == expected)
  }

  @Test("W8: a long name is cut and keeps its extension")
  func longName() {
    let safe = SafeFolder.safeName(String(repeating: "å", count: 500) + ".pdf")
    #expect(safe.utf8.count <= 180)
    #expect(safe.hasSuffix("å.pdf"))
  }

  @Test("nothing is replaced: the same name twice gives two files")
  func sameName() throws {
    let folder = try TemporaryFolder()
    let safe = try SafeFolder(folder.url)
    #expect(try safe.create("plan.pdf").url.lastPathComponent == "plan.pdf")
    #expect(try safe.create("plan.pdf").url.lastPathComponent == "plan (2).pdf")
  }

  @Test("W8: a link that waits under the name is not followed")
  func link() throws {
    let folder = try TemporaryFolder()
    let target = folder.url.appending(path: "target")
    try FileManager.default.createSymbolicLink(
      at: folder.url.appending(path: "plan.pdf"), withDestinationURL: target)
    #expect(try SafeFolder(folder.url).create("plan.pdf").url.lastPathComponent == "plan (2).pdf")
    #expect(!FileManager.default.fileExists(atPath: target.path))
  }

  @Test("W10: text from a message cannot steer the terminal")
  func terminal() {
    #expect(printable("a\u{1B}[2Jb") == "a\\u{1b}[2Jb")
    #expect(printable("a\nb") == "a\\u{a}b")
    #expect(printable("a\r\nb\tc", multiline: true) == "a\nb\tc")
    #expect(printable("\u{202E}txt") == "\\u{202e}txt")
    #expect(printable("Bedömning åäö – 1 €") == "Bedömning åäö – 1 €")
  }

  @Test("the demo's documents are whole PDF files of several pages")
  func pdf() throws {
    for (document, pages) in [(CoursePlan.municipality().bytes(), 4), (CoursePlan.employmentOffice().bytes(), 2)] {
      let text = String(decoding: document, as: UTF8.self)
      #expect(text.hasPrefix("%PDF-1.4\n"))
      #expect(text.hasSuffix("%%EOF\n"))
      #expect(text.components(separatedBy: "/Type /Page /Parent").count - 1 == pages)
      // The table stands where the end says, and each entry leads to its object.
      let start = try #require(text.components(separatedBy: "startxref\n").last?.split(separator: "\n").first)
      let table = try #require(Int(start))
      #expect(String(decoding: document[table..<(table + 4)], as: UTF8.self) == "xref")
      let entries = String(decoding: document[table...], as: UTF8.self).split(separator: "\n")
        .filter { $0.hasSuffix(" 00000 n ") }
      for (index, entry) in entries.enumerated() {
        let offset = try #require(Int(entry.prefix(10)))
        let head = "\(index + 1) 0 obj"
        #expect(String(decoding: document[offset..<(offset + head.utf8.count)], as: UTF8.self) == head)
      }
    }
  }
}
