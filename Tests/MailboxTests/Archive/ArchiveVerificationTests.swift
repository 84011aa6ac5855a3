import Foundation
import Testing
import XMLSecurity

@testable import Mailbox
@testable import SDKRelay

@Suite("Archive packages, verified")
struct ArchiveVerificationTests {
  private let kit: ArchiveKit
  private let package: ArchiveSummary

  init() async throws {
    kit = try await ArchiveKit()
    let message = try await kit.put { $0.file = "plan.pdf" }
    package = try await kit.export([message.id])
  }

  private func url(_ path: String) -> URL { package.place.appending(path: path) }

  private func findings() throws -> [String] {
    try ArchiveVerifier.verify(package.place.path).findings.map { "\($0.path): \($0.reason)" }
  }

  @Test(
    "every file that is changed, taken away or put in is found",
    arguments: [
      "representations/rep1/data/0001/message.html", "representations/rep1/METS.xml",
      "metadata/preservation/premis.xml",
      "documentation/readme.txt",
    ])
  func changes(_ path: String) throws {
    let whole = try Data(contentsOf: url(path))
    #expect(try findings().isEmpty)
    var changed = whole
    changed[changed.count / 2] ^= 1
    try changed.write(to: url(path))
    #expect(try findings().contains("\(path): is not what its METS file says"))
    try (whole + [0x0A]).write(to: url(path))
    #expect(try findings().contains("\(path): has another size than its METS file says"))
    try FileManager.default.removeItem(at: url(path))
    #expect(try findings().contains("\(path): is missing"))
    try whole.write(to: url(path))
    try Data().write(to: url("extra"))
    try FileManager.default.createSymbolicLink(atPath: url("link").path, withDestinationPath: "/etc/passwd")
    #expect(try findings() == ["extra: no METS file lists it", "link: is no file of bytes"])
  }

  @Test(
    "a METS file that is broken, leads outside, names no SHA-256 or has another id is found",
    arguments: [
      ("<mets:mets", "<mets:met", "METS.xml: "),
      ("href=\"documentation/readme.txt", "href=\"../readme.txt", "METS.xml: lists a place outside"),
      ("href=\"documentation/readme.txt", "href=\"file:/etc/passwd", "METS.xml: lists a place outside"),
      ("href=\"documentation/readme.txt", "href=\"documentation/%2e%2e/%2e%2e/x", "METS.xml: lists a place outside"),
      ("CHECKSUMTYPE=\"SHA-256\"", "CHECKSUMTYPE=\"MD5\"", "metadata/descriptive/dc.xml: has no SHA-256"),
      ("OBJID=\"uuid", "OBJID=\"uvid", ".: the root folder is not called"),
      ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<!DOCTYPE a [<!ENTITY b SYSTEM '/etc/passwd'>]>", "METS.xml: "),
    ])
  func mets(_ part: String, _ replacement: String, _ finding: String) throws {
    let text = try kit.text("METS.xml", of: package)
    let changed = text.replacing(part, with: replacement, maxReplacements: part.hasPrefix("<mets") ? 1 : .max)
    try #require(changed != text)
    try Data(changed.utf8).write(to: url("METS.xml"))
    let found = try findings()
    #expect(found.contains { $0.hasPrefix(finding) }, "\(found)")
  }

  @Test("what is no package says so", arguments: ["", "paket", "METS.xml"])
  func none(_ path: String) throws {
    let empty = kit.folder.appending(path: "tom-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: empty, withIntermediateDirectories: true)
    switch path {
    case "": #expect(try !ArchiveVerifier.verify(empty.path).holds)
    case "paket": #expect(throws: ArchiveProblem.self) { try ArchiveVerifier.verify(empty.path + "/paket") }
    default: #expect(throws: (any Error).self) { try ArchiveVerifier.verify(url("METS.xml").path) }
    }
  }
}
