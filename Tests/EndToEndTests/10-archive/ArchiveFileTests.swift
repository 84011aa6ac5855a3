import Foundation
import Testbed
import Testing
import XMLSecurity

@testable import Mailbox
@testable import SDKRelay

/// Archive packages of messages that real nodes exchanged.
@Suite("10 Archive packages", .timeLimit(.minutes(3)))
struct ArchiveFileTests {
  private static let organisation = "0203:arbetsformedlingen.example.se"
  private let field: EvidenceField
  private let folder: TemporaryFolder

  init() async throws {
    field = try await EvidenceField.shared()
    folder = try TemporaryFolder()
  }

  private var config: [String] { ["--config", field.kill.federation.nodeB.settings.path] }

  private func run(_ arguments: String...) async throws -> CommandResult { try await Sdkrelay.run(arguments) }

  /// A registrar of the recipient's mailbox, made once a test.
  private func registrar() async throws -> String {
    let name = "registrator-\(UUID().uuidString.prefix(8).lowercased())"
    let mailbox = field.kill.federation.nodeB.organisation.mailboxes[0].address
    for arguments in [
      ["user", "add", name, "--name", "Registrator", "--organisation", Self.organisation],
      ["user", "grant", name, "registrar", "--mailbox", "\(Self.organisation)/\(mailbox)"],
    ] {
      let done = try await Sdkrelay.run(arguments + config)
      try #require(done.exitCode == 0, "\(done.complaint)")
    }
    return name
  }

  private func package(_ more: [String] = []) async throws -> URL {
    let arguments =
      ["archive", "export", field.id.value, "--as", try await registrar(), "--out", folder.url.path, "--json"]
    let done = try await Sdkrelay.run(arguments + more + config)
    try #require(done.exitCode == 0, "\(done.complaint)")
    return URL(filePath: try #require(try done.json()["path"] as? String))
  }

  @Test("a received message's package holds its attachment and its proven originals, and changes are told")
  func whole() async throws {
    let package = try await package()
    let verified = try await run("archive", "verify", package.path)
    #expect(verified.exitCode == 0 && verified.output == "whole: 9 files\n", "\(verified.output)")
    let data = package.appending(path: "representations/rep1/data/0001")
    let evidence = data.appending(path: "evidence.asice")
    let proven = try await run(
      "evidence", "verify", evidence.path, "--trust", field.organisations.path, "--access-point-trust",
      field.accessPoints.path)
    #expect(proven.exitCode == 0 && proven.output.hasSuffix("proven\n"), "\(proven.output)")
    let files = try FileManager.default.contentsOfDirectory(atPath: data.appending(path: "attachments").path)
    let bytes = try Data(contentsOf: data.appending(path: "attachments/\(files[0])"))
    #expect(files.count == 1 && bytes.suffix(KillField.marker.utf8.count) == Data(KillField.marker.utf8))
    let premis = try String(contentsOf: package.appending(path: "metadata/preservation/premis.xml"), encoding: .utf8)
    for type in ["reception", "message receipt sent", "delivery", "packaging"] {
      #expect(premis.contains("<premis:eventType>\(type)</premis:eventType>"))
    }
    try (bytes + [0]).write(to: data.appending(path: "attachments/\(files[0])"))
    let changed = try await run("archive", "verify", package.path, "--json")
    #expect(changed.exitCode == 1)
    #expect(try changed.json()["holds"] as? Bool == false)
    #expect(try await run("archive", "verify", package.path + "/nothing").exitCode == 2)
    let other = try await run("archive", "verify", field.files[1].path)
    #expect(other.exitCode == 2 && other.complaint.contains("sdkrelay evidence verify is for it"))
  }

  @Test("a zip file unpacks with Debian's unzip to the same package")
  func zip() async throws {
    let file = folder.url.appending(path: "paket.zip")
    let done = try await run(
      ["archive", "export", field.id.value, "--as", registrar(), "--out", file.path] + config)
    #expect(done.exitCode == 0 && done.output.contains("  1 message"), "\(done.complaint)")
    #expect(try await run("archive", "verify", file.path).exitCode == 0)
    guard let status = Self.tool("/usr/bin/unzip", ["-q", file.path, "-d", folder.url.path]) else { return }
    #expect(status == 0)
    let root = try #require(
      try FileManager.default.contentsOfDirectory(atPath: folder.url.path).first { $0.hasPrefix("uuid-") })
    #expect(try await run("archive", "verify", folder.url.appending(path: root).path).exitCode == 0)
  }

  private func run(_ arguments: [String]) async throws -> CommandResult { try await Sdkrelay.run(arguments) }

  @Test("W4 somebody else's user exports nothing, and gets no other answer than for what is not there")
  func others() async throws {
    let stranger = "annan-\(UUID().uuidString.prefix(8).lowercased())"
    _ = try await run(["user", "add", stranger, "--name", "Annan", "--organisation", Self.organisation] + config)
    let none = UUID().uuidString.lowercased()
    for id in [field.id.value, none] {
      let done = try await run(
        ["archive", "export", id, "--as", stranger, "--out", folder.url.appending(path: "p").path] + config)
      #expect(done.exitCode == 1 && done.complaint == "sdkrelay: there is no such message\n")
    }
    #expect(!FileManager.default.fileExists(atPath: folder.url.appending(path: "p").path))
    #expect(try await run("archive", "export", "--as", "u", "--out", "p").exitCode == 2)
  }

  @Test("record.xml fits its schema, and METS fits E-ARK's published schema and rules")
  func oracles() async throws {
    let package = try await package(["--agreement", "ÖK 2026-1"])
    let schema = package.appending(path: "schemas/record.xsd").path
    let record = package.appending(path: "representations/rep1/data/0001/record.xml").path
    if let status = Self.tool("/usr/bin/xmllint", ["--noout", "--schema", schema, record]) { #expect(status == 0) }
    let html = package.appending(path: "representations/rep1/data/0001/message.html").path
    if let status = Self.tool("/usr/bin/xmllint", ["--noout", html]) { #expect(status == 0) }
    let oracle = Package.root.appending(path: "script/archive-oracle").path
    let status = try #require(Self.tool(oracle, [package.path]))
    if status == 3 { print("skipped: archive packages against E-ARK's published rules") } else { #expect(status == 0) }
  }

  /// A program's exit code; nil with one line where it is not there.
  private static func tool(_ path: String, _ arguments: [String]) -> Int32? {
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    guard FileManager.default.isExecutableFile(atPath: path), (try? process.run()) != nil else {
      print("skipped: archive packages with \(path), which is not there")
      return nil
    }
    process.waitUntilExit()
    return process.terminationStatus
  }
}
