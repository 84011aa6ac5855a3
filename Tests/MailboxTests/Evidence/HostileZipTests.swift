import Foundation
import Testing
import XMLSecurity

@testable import Mailbox

/// Zip files that somebody made to mislead or to break the reader.
@Suite("Evidence files: hostile zips") struct HostileZipTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "zip-\(UUID().uuidString)")

  /// A good zip with two entries: `mimetype` of 4 bytes at 0, `a/b.xml` of 6 bytes.
  private func good() throws -> [UInt8] {
    let file = try Spool(folder: folder).create()
    let zip = ZipWriter(file)
    try zip.add("mimetype", Array("text".utf8))
    try zip.add("a/b.xml", Array("<b></b".utf8))
    try zip.finish()
    try file.close()
    return [UInt8](try Data(contentsOf: file.temporaryURL))
  }

  private func read(_ bytes: [UInt8]) throws -> ZipReader {
    let file = folder.appending(path: UUID().uuidString)
    try Data(bytes).write(to: file)
    return try ZipReader(file.path)
  }

  /// Where `bytes` holds the text for the n-th time.
  private func place(_ text: [UInt8], in bytes: [UInt8], _ number: Int = 1) throws -> Int {
    let places = bytes.indices.dropLast(text.count - 1).filter { Array(bytes[$0..<$0 + text.count]) == text }
    return try #require(places.count >= number ? places[number - 1] : nil)
  }

  @Test("what is written is read, and the same entries give the same bytes")
  func roundTrip() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let bytes = try good()
    #expect(try good() == bytes)
    let zip = try read(bytes)
    #expect(zip.entries.map(\.name) == ["mimetype", "a/b.xml"])
    #expect(try zip.bytes(of: zip.entries[1], limit: 100) == Array("<b></b".utf8))
    #expect(throws: ZipProblem.self) { try zip.bytes(of: zip.entries[1], limit: 5) }
    #expect(bytes.starts(with: [0x50, 0x4B, 3, 4]) && Array(bytes[30..<38]) == Array("mimetype".utf8))
  }

  @Test(
    "names that leave the folder or stand for something else are refused",
    arguments: ["../b.xm", "/a/b.xm", "a//b.xm", "a/./b.x", ".a/b.xm", "a\\b.xml", "a/b\u{0}xml", "a/b xml", "a/.b.xm"])
  func names(_ name: String) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    var bytes = try good()
    for number in [1, 2] {
      let start = try place(Array("a/b.xml".utf8), in: bytes, 1 + (number - 1) * 0)
      bytes.replaceSubrange(start..<start + 7, with: Array(name.utf8).prefix(7))
    }
    #expect(throws: ZipProblem.self) { try read(bytes) }
  }

  @Test("one name twice is refused, in whatever case")
  func duplicates() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = try Spool(folder: folder).create()
    let zip = ZipWriter(file)
    try zip.add("a/b.xml", [1])
    try zip.add("A/b.xml", [2])
    try zip.finish()
    try file.close()
    #expect(throws: ZipProblem.duplicate("A/b.xml")) { try ZipReader(file.temporaryURL.path) }
    #expect(throws: ZipProblem.duplicate("a/b.xml")) { try zip.add("a/b.xml", [3]) }
  }

  @Test("sizes, offsets, methods, counts and disks that contradict the file are refused")
  func lies() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let bytes = try good()
    let (local, central) = (30 + 8 + 4, try place([0x50, 0x4B, 1, 2], in: bytes, 2))
    let end = bytes.count - 22
    let lies: [(String, Int, [UInt8])] = [
      ("local size", local + 22, [7, 0, 0, 0]), ("local huge size", local + 18, [0xFF, 0xFF, 0xFF, 0xFF]),
      ("listed size", central + 24, [5, 0, 0, 0]), ("both listed sizes", central + 20, [5, 0, 0, 0, 5, 0, 0, 0]),
      ("huge", central + 20, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
      ("offset", central + 42, [0, 0, 0, 0]), ("offset outside", central + 42, [0xFF, 0xFF, 0xFF, 0x7F]),
      ("method", central + 10, [8, 0]), ("local method", local + 8, [8, 0]), ("encrypted", central + 8, [1, 0]),
      ("local encrypted", local + 6, [1, 0]), ("name length", central + 28, [0xFF, 0xFF]),
      ("extra length", central + 30, [0xFF, 0xFF]), ("local name length", local + 26, [6, 0]),
      ("disk", central + 34, [1, 0]), ("end disk", end + 4, [1, 0]), ("entries", end + 8, [3, 0, 3, 0]),
      ("fewer entries", end + 8, [1, 0, 1, 0]), ("many entries", end + 8, [0xFF, 0xFF, 0xFF, 0xFF]),
      ("list length", end + 12, [0xFF, 0xFF, 0xFF, 0xFF]), ("list offset", end + 16, [0, 0, 0, 0]),
      ("comment", end + 20, [1, 0]), ("no end", end, [0, 0, 0, 0]), ("no local head", local, [0, 0, 0, 0]),
      ("other local name", local + 30, Array("c".utf8)),
    ]
    for (what, offset, value) in lies {
      var lie = bytes
      lie.replaceSubrange(offset..<offset + value.count, with: value)
      #expect(throws: ZipProblem.self, "\(what)") { try read(lie) }
    }
  }

  @Test("bytes before, between and behind, and a file cut anywhere, are refused")
  func hidden() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let bytes = try good()
    for place in [0, 42, bytes.count - 22, bytes.count] {
      #expect(throws: ZipProblem.self) { try read(bytes[..<place] + [0] + bytes[place...]) }
    }
    for count in 0..<bytes.count {
      #expect(throws: ZipProblem.self) { try read(Array(bytes.prefix(count))) }
    }
    #expect(throws: ZipProblem.self) { try ZipReader("/dev/zero") }
    #expect(throws: ZipProblem.self) { try ZipReader(folder.path) }
  }

  @Test("no changed byte makes the reader fail otherwise than with its own problem")
  func everyByte() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let bytes = try good()
    for index in bytes.indices {
      for value in [0, 0x7F, 0xFF, bytes[index] ^ 1] as [UInt8] {
        var changed = bytes
        changed[index] = value
        do {
          let zip = try read(changed)
          for entry in zip.entries { _ = try zip.bytes(of: entry, limit: 100) }
        } catch is ZipProblem {}
      }
    }
  }
}
