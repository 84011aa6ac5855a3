import Foundation
import Testbed
import Testing
import XMLSecurity

@testable import Mailbox
@testable import SDKRelay

/// A message between two real nodes, and its evidence as both export it.
@Suite("08 Evidence files", .serialized, .timeLimit(.minutes(3)))
struct EvidenceFileTests {
  /// The authorities' files, of which the nodes have copies.
  private static func authorities(_ field: EvidenceField) throws -> EvidenceTrust {
    let settings = field.kill.relays[0].settings
    return .named(
      organisations: settings.envelopes.authorities, accessPoints: settings.accessPoint.trust.authorities)
  }

  @Test("the evidence of a sent and of a received message is proven, and says who, to whom and what was answered")
  func proven() async throws {
    let field = try await EvidenceField.shared()
    for index in [0, 1] {
      let report = try EvidenceVerifier.verify(field.files[index].path, trust: Self.authorities(field))
      #expect(report.items.filter { $0.problem != nil } == [])
      #expect(report.missing == [])
      #expect(report.messageID == field.id.value)
      #expect(report.direction == ["out", "in"][index])
      #expect(report.answer == "ACCEPTED")
      #expect(report.sender == field.kill.federation.nodeA.organisation.id)
      #expect(report.recipient == field.kill.federation.nodeB.organisation.id)
    }
  }

  @Test("the command proves with named authorities, is whole without, and refuses strangers' certificates")
  func command() async throws {
    let field = try await EvidenceField.shared()
    let path = field.files[1].path
    let proven = try await Sdkrelay.run(
      [
        "evidence", "verify", path, "--trust", field.organisations.path, "--access-point-trust",
        field.accessPoints.path,
      ])
    #expect(proven.exitCode == 0, "\(proven.output)\(proven.complaint)")
    #expect(proven.lines.last == "proven")
    let whole = try await Sdkrelay.run("evidence", "verify", path, "--no-trust", "--json")
    #expect(whole.exitCode == 0)
    #expect(try whole.json()["proven"] as? Bool == false)
    #expect(try whole.json()["holds"] as? Bool == true)
    let swapped = try await Sdkrelay.run(
      [
        "evidence", "verify", path, "--trust", field.accessPoints.path, "--access-point-trust",
        field.organisations.path,
      ])
    #expect(swapped.exitCode == 1)
    #expect(swapped.lines.contains { $0.hasPrefix("NO  envelope signature: message/envelope.xml") })
    let neither = try await Sdkrelay.run("evidence", "verify", path)
    #expect(neither.exitCode == 2)
    let unreadable = try await Sdkrelay.run("evidence", "verify", field.organisations.path, "--no-trust")
    #expect(unreadable.exitCode == 2)
    #expect(unreadable.complaint.contains("zip"))
  }

  @Test("an export replaces no file, stands in the audit trail, and is denied where the message is unknown")
  func export() async throws {
    let field = try await EvidenceField.shared()
    let settings = field.kill.federation.nodeA.settings.path
    let again = try await Sdkrelay.run(
      "evidence", "export", field.id.value, "--config", settings, "--out", field.files[0].path)
    #expect(again.exitCode == 2)
    #expect(again.complaint.contains("already exists"))
    let unknown = try await Sdkrelay.run(
      "evidence", "export", UUID().uuidString, "--config", settings, "--out", field.files[0].path + ".2")
    #expect(unknown.exitCode == 1)
    let trail = try await Sdkrelay.run("audit", "search", "--message", field.id.value, "--config", settings, "--json")
    let entries = try #require(
      try JSONSerialization.jsonObject(with: Data(trail.output.utf8)) as? [[String: Any]])
    #expect(entries.compactMap { $0["action"] as? String }.filter { $0 == "message.export" }.count >= 2)
    #expect(entries.contains { $0["outcome"] as? String == "failed" })
  }

  @Test("nothing readable of the message stands in the file")
  func noContent() async throws {
    let field = try await EvidenceField.shared()
    for file in field.files {
      let bytes = try Data(contentsOf: file)
      #expect(bytes.range(of: Data(KillField.marker.utf8)) == nil)
      #expect(bytes.range(of: Data(EvidenceField.subject.utf8)) == nil)
    }
  }

  @Test("every entry that was changed, removed or added is refused by its name")
  func tampered() async throws {
    let field = try await EvidenceField.shared()
    let trust = try Self.authorities(field)
    let zip = try ZipReader(field.files[1].path)
    for entry in zip.entries where entry.name != BundleLayout.mimetype {
      for change in ["changed", "removed"] {
        let file = field.folder.url.appending(path: "tampered-\(UUID().uuidString)")
        try field.rewrite(zip, to: file) { name, bytes in
          guard name == entry.name else { return bytes }
          guard change == "changed" else { return nil }
          var bytes = bytes
          bytes[bytes.count / 2] ^= 1
          return bytes
        }
        let problems = try EvidenceVerifier.verify(file.path, trust: trust).items.filter { $0.problem != nil }
        #expect(
          problems.contains { "\($0.name) \($0.problem ?? "")".contains(entry.name) }, "\(entry.name) \(change)")
      }
    }
    let file = field.folder.url.appending(path: "added")
    try field.rewrite(zip, to: file, adding: ("message/more.xml", Array("<more/>".utf8))) { _, bytes in bytes }
    let problems = try EvidenceVerifier.verify(file.path, trust: trust).items.filter { $0.problem != nil }
    #expect(problems.map(\.name) == ["entry message/more.xml"])
    let unmarked = field.folder.url.appending(path: "unmarked")
    try field.rewrite(zip, to: unmarked) { name, bytes in name == BundleLayout.mimetype ? nil : bytes }
    #expect(throws: UnreadableBundle.self) { try EvidenceVerifier.verify(unmarked.path, trust: trust) }
  }

  @Test("pieces put together from two messages, and signed anew by a participant, do not hold")
  func mixed() async throws {
    let field = try await EvidenceField.shared()
    let signing = field.kill.relays[1].settings.participants[0].signing
    let (zip, other) = (try ZipReader(field.files[1].path), try ZipReader(field.other.path))
    for (name, item) in [
      ("message/transport-receipt.xml", "access point's receipt: message/transport-receipt.xml"),
      ("message-receipt/envelope.xml", "message receipt: message-receipt/envelope.xml"),
      ("message/envelope.xml", "message id"),
    ] {
      let file = field.folder.url.appending(path: "mixed-\(UUID().uuidString)")
      try field.rewrite(zip, to: file, signing: signing) { entry, bytes in
        entry == name ? try other.bytes(of: #require(other.entry(name)), limit: 1 << 24) : bytes
      }
      let report = try EvidenceVerifier.verify(file.path, trust: Self.authorities(field))
      #expect(report.items.filter { $0.problem != nil }.map(\.name).contains(item))
      #expect(report.items.contains { $0.name == "manifest signature" && $0.problem == nil })
    }
  }

  @Test("a signer whose certificate had been revoked before is refused, and one whose was revoked since is not")
  func revoked() async throws {
    let field = try await EvidenceField.shared()
    let authorities = field.kill.federation.folder.appending(path: "ca")
    let authority = CertificateAuthority(
      identity: try Identity(
        certificate: Certificate.load(pem: [UInt8](Data(contentsOf: authorities.appending(path: "o2o-ca.pem"))))[0],
        privateKey: PrivateKey.load(pem: [UInt8](Data(contentsOf: authorities.appending(path: "o2o-ca.key.pem"))))))
    let sender = field.kill.relays[0].settings.participants[0].signing.certificate
    let signing = field.kill.relays[1].settings.participants[0].signing
    let zip = try ZipReader(field.files[1].path)
    for (seconds, refused) in [(-3_600.0, ["envelope signature: message/envelope.xml", "message id"]), (3_600, [])] {
      let list = try authority.revocationList(
        revoked: [sender.serialNumber], at: Date(timeIntervalSinceNow: seconds),
        nextUpdate: Date(timeIntervalSinceNow: 86_400))
      let file = field.folder.url.appending(path: "revoked-\(UUID().uuidString)")
      try field.rewrite(zip, to: file, adding: ("revocation/organisations-9.pem", list), signing: signing) { $1 }
      let report = try EvidenceVerifier.verify(file.path, trust: Self.authorities(field))
      #expect(report.items.filter { $0.problem != nil }.map(\.name) == refused)
    }
  }

  @Test(
    "openssl, xmlsec1 and unzip check it by hand as the manual says",
    .enabled(
      if: ["openssl", "xmlsec1", "unzip"].allSatisfy {
        FileManager.default.isExecutableFile(atPath: "/usr/bin/\($0)")
      }, "skipped: openssl, xmlsec1 or unzip is not installed"))
  func byHand() async throws {
    let field = try await EvidenceField.shared()
    let manual = try String(contentsOf: Package.root.appending(path: "docs/evidence.md"), encoding: .utf8)
    let script = try #require(
      manual.components(separatedBy: "```bash\n").dropFirst().first?.components(separatedBy: "```").first)
    for file in field.files {
      let folder = field.folder.url.appending(path: "by-hand-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let process = Process()
      process.executableURL = URL(filePath: "/bin/bash")
      process.arguments = ["-euo", "pipefail", "-c", script]
      process.currentDirectoryURL = folder
      process.environment = ProcessInfo.processInfo.environment.merging([
        "FILE": file.path, "ORGANISATIONS": field.organisations.path, "ACCESS_POINTS": field.accessPoints.path,
      ]) { _, new in new }
      let said = Pipe()
      (process.standardOutput, process.standardError) = (said, said)
      try process.run()
      let words = String(decoding: try said.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
      process.waitUntilExit()
      if process.terminationStatus != 0 { print(words) }
      #expect(process.terminationStatus == 0 && words.contains("Verification successful by hand"), "\(words)")
    }
  }
}
