import Foundation
import Testing
import XMLSecurity

@testable import Mailbox
@testable import SDKRelay

@Suite("Archive packages")
struct ArchiveTests {
  private static let data = "representations/rep1/data/0001"

  @Test("a package holds the message for people and machines, its attachments, and lists every file")
  func whole() async throws {
    let kit = try await ArchiveKit()
    let message = try await kit.put {
      $0.subject = "Ansökan <b>\u{7F}& mer"
      $0.text = "# Rubrik\n]]> </pre><script>alert(1)</script>"
      $0.file = "../Ansökan, bilaga 1.pdf"
      $0.reference = "KOM-2026/12"
    }
    let package = try await kit.export([message.id])
    #expect(package.messages == [message.id] && package.withoutEvidence == 1)
    let found = try ArchiveVerifier.verify(package.place.path)
    #expect(found.holds, "\(found.findings)")
    #expect(found.id == package.id && found.files == 8)

    let attachment = package.place.appending(path: "\(Self.data)/attachments/01-Ansokan-bilaga-1.pdf")
    #expect(try Array(Data(contentsOf: attachment)) == ArchiveKit.attachment)
    let html = try kit.text("\(Self.data)/message.html", of: package)
    #expect(html.contains("&lt;/pre&gt;&lt;script&gt;") && !html.contains("<script"))
    #expect(html.contains("KOM-2026/12") && html.contains("ej registrerat"))
    let record = try XMLElement.parse(
      Array(kit.text("\(Self.data)/record.xml", of: package).utf8), limits: XMLLimits(totalBytes: 1 << 20))
    let name = { XMLName(MessageRecord.namespace, $0) }
    #expect(record.child(name("subject"))?.text == message.subject)
    let register = try #require(record.child(name("register")))
    #expect(register.attribute("state") == "unregistered" && register.child(name("number")) == nil)
    #expect(register.child(name("counterparty"))?.text == "Motparten (\(MessageKit.counterparty.value))")
    #expect(record.child(name("document"))?.child(name("attachment"))?.text == "../Ansökan, bilaga 1.pdf")
    let mets = try kit.text("METS.xml", of: package)
    #expect(mets.contains("csip:OAISPACKAGETYPE=\"SIP\"") && mets.contains(">ÖK 2026-1</mets:altRecordID>"))
  }

  @Test("an attachment that is not what was stored is not exported as if it were")
  func changedAttachment() async throws {
    let kit = try await ArchiveKit()
    let message = try await kit.put { $0.file = "plan.pdf" }
    try kit.messages.service.relay.replace(
      message.content.files[0], of: message, with: ArchiveKit.attachment + [0])
    await #expect(throws: ArchiveProblem.attachmentChanged(message.id)) { try await kit.export([message.id]) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: kit.folder.path).isEmpty)
  }

  @Test("a zip file holds the same, and none is replaced")
  func zip() async throws {
    let kit = try await ArchiveKit()
    let first = try await kit.put()
    let second = try await kit.put { $0.file = "plan.pdf" }
    let file = kit.folder.appending(path: "paket.zip")
    let package = try await kit.export([second.id, first.id], to: .zip(file))
    #expect(package.messages == [first.id, second.id])
    let found = try ArchiveVerifier.verify(file.path)
    #expect(found.holds && found.files == 10, "\(found.findings)")
    await #expect(throws: ArchiveProblem.exists(file.path)) { try await kit.export([first.id], to: .zip(file)) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: kit.folder.path) == ["paket.zip"])
  }

  @Test("a conversation is exported without what the user may not export")
  func conversation() async throws {
    let kit = try await ArchiveKit()
    let conversation = MessageID(UUID().uuidString)!
    let open = try await kit.put { $0.conversation = conversation }
    let hidden = try await kit.put { $0.conversation = conversation }
    try await kit.messages.protect(hidden)
    _ = try await kit.put {
      $0.conversation = conversation
      $0.mailbox = MessageKit.neighbour
    }
    func export(_ counterparty: ParticipantID?) async throws -> ArchiveSummary {
      try await kit.messages.service.exportArchive(
        .conversation(conversation, with: counterparty), to: .folder(kit.folder), for: kit.registrar,
        at: MessageKit.now)
    }
    #expect(try await export(nil).messages == [open.id])
    #expect(try await export(MessageKit.counterparty).messages == [open.id])
    await #expect(throws: MessageProblem.notFound) { try await export(AccessKit.stranger) }
  }

  @Test(
    "W4 only who may both export and read a message gets a package, and nobody else learns of it",
    arguments: [Role.caseworker, .systemAdministrator, .auditor, .registrar, .mailboxAdministrator])
  func access(_ role: Role) async throws {
    let kit = try await ArchiveKit()
    let message = try await kit.put()
    let protected = try await kit.put()
    try await kit.messages.protect(protected)
    let user = try await kit.messages.user("nagon", [.role(role)])
    let may = role == .registrar || role == .mailboxAdministrator
    await expect(may, kit, [message.id], user)
    await expect(false, kit, [protected.id], user)
    await expect(false, kit, [message.id, protected.id], user)
    await expect(false, kit, [MessageID(UUID().uuidString)!], user)
    let left = try FileManager.default.contentsOfDirectory(atPath: kit.folder.path)
    #expect(left.count == (may ? 1 : 0))
  }

  private func expect(_ may: Bool, _ kit: ArchiveKit, _ ids: [MessageID], _ user: Principal) async {
    do {
      _ = try await kit.export(ids, as: user)
      #expect(may)
    } catch {
      #expect(!may && error as? MessageProblem == .notFound, "\(error)")
    }
  }

  @Test("an operator alone exports nothing that can be read")
  func operators() async throws {
    let kit = try await ArchiveKit()
    let message = try await kit.put()
    await #expect(throws: MessageProblem.notFound) { try await kit.export([message.id], as: .operator("ops")) }
  }

  @Test("the trail tells of the package once and of each message, with account and user, and of a failure")
  func audit() async throws {
    let kit = try await ArchiveKit()
    let message = try await kit.put { $0.file = "borta.pdf" }
    _ = try await kit.export([message.id])
    let file = kit.messages.service.relay.attachment(message.content.files[0], of: message)
    try FileManager.default.removeItem(at: file.url)
    await #expect(throws: (any Error).self) { try await kit.export([message.id]) }
    let entries = try await kit.messages.service.searchAudit(AuditFilter(), by: .operator("ops"))
      .filter { $0.action.contains("archive") }
    #expect(Set(entries.map(\.action)) == ["archive.export", "message.archive"])
    #expect(entries.filter { $0.action == "archive.export" && $0.outcome == "failed" }.count == 1)
    let told = try #require(entries.first { $0.action == "message.archive" })
    #expect(told.messageID == message.id.comparable && told.object?.hasSuffix(" as user registrator") == true)
    #expect(told.principal == "ops" && !entries.contains { $0.object?.contains("borta") == true })
  }

  @Test(
    "attachments get plain names that keep what they can",
    arguments: [
      ("../../etc/passwd", "attachments/01-etc-passwd"), ("Räksmörgås.PDF", "attachments/01-Raksmorgas.PDF"),
      (".htaccess", "attachments/01.htaccess"), ("\u{202E}gnp.exe", "attachments/01-gnp.exe"),
      ("日本.pdf", "attachments/01.pdf"), ("a.b.c/d", "attachments/01-a-b-c-d"), ("", "attachments/01"),
    ])
  func names(_ name: String, _ expected: String) {
    #expect(ArchiveLayout.attachment(1, name) == expected)
    #expect(ZipFormat.isPlain("uuid-x/representations/rep1/data/0001/" + ArchiveLayout.attachment(1_000, name)))
  }

  @Test("what XML cannot carry is replaced")
  func characters() {
    #expect("a\u{0}b\u{1B}\u{FFFE}ö\u{1F600}\n".asXML == "a\u{FFFD}b\u{FFFD}\u{FFFD}ö\u{1F600}\n")
  }
}
