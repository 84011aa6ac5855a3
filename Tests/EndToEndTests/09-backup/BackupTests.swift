import Foundation
import GRDB
import Testbed
import Testing
import XMLSecurity

@testable import SDKRelay

/// Backups of nodes that are at work, and what comes of them.
@Suite("09 Backup and restore", .serialized, .timeLimit(.minutes(4)))
struct BackupTests {
  @Test("Q10, W11: keys that are to lie apart are not put into the backup or the data folder")
  func keysApart() async throws {
    let node = try OwnData()
    #expect(try await node.run(["user", "list"]).exitCode == 2)
    _ = try await node.run([
      "send", "--from", "sdk:sfi:0203:komvux.kommun.example.se", "--to",
      "0203:arbetsformedlingen.example.se/sdk:utbildning:0203:arbetsformedlingen.example.se", "--subject", "s",
      "--text",
      "t",
    ])
    let backup = node.folder.url.appending(path: "backup")
    for place in ["backup/keys", "backup/a/keys", "data/keys", "data/../data/keys"] {
      let refused = try await node.run(
        ["backup", backup.path, "--keys", node.folder.url.appending(path: place).path])
      #expect(refused.exitCode == 2 && refused.complaint.contains("apart"), "\(place) \(refused.complaint)")
      #expect(!FileManager.default.fileExists(atPath: backup.path))
    }
    let done = try await node.run(
      ["backup", backup.path, "--keys", node.folder.url.appending(path: "backup.keys").path])
    #expect(done.exitCode == 0, "\(done.complaint)")
  }

  @Test("Q10: a backup under load restores: no row without its file, what was there before, repeats recognised")
  func underLoad() async throws {
    let field = try KillField()
    let folder = try TemporaryFolder()
    try await field.start(0)
    try await field.start(1)
    let early = try await field.relays[0].submit(field.draft("early"))
    try #require(await field.isDelivered(early))
    // Both nodes are backed up while messages are handed in, sent and received.
    let drafts = try (0..<24).map { try field.draft("load-\($0)") }
    let relay = field.relays[0]
    let load = Task { () -> [MessageID] in
      var ids: [MessageID] = []
      for draft in drafts { ids.append(try await relay.submit(draft)) }
      return ids
    }
    let backups = (0...1).map { folder.url.appending(path: "backup-\($0)") }
    for (index, backup) in backups.enumerated() {
      let done = try await Sdkrelay.run(
        "backup", backup.path, "--config", field.federation.nodes[index].settings.path, "--json")
      #expect(done.exitCode == 0, "\(done.complaint)")
    }
    let ids = try await load.value
    for id in ids { #expect(try await field.isDelivered(id), "the backup got in the way of \(id.value)") }

    // The sender goes back to its backup: what it sends again is recognised.
    try await field.stop(0)
    let sender = try await restore(backups[0], field.federation.nodeA)
    try expectEveryFile(sender)
    #expect(try sender.message(early).map(\.status) == [.accepted])
    try await field.start(0)
    #expect(try await isSent(sender))
    // One that had not been sealed yet is sealed anew, and the recipient, who has the first, says so.
    let failed = try sender.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM transfer WHERE state = 'failed'") }
    let refused = try sender.events(after: 0, limit: 10_000).filter {
      $0.text.contains("has been used for another message") && $0.status == .messageExchangeError
    }
    #expect(refused.count == failed)
    for id in [early] + ids { #expect(try field.relays[1].message(id).count == 1) }

    // The recipient goes back to its backup: what it had is there, and it goes on.
    try await field.stop(1)
    let recipient = try await restore(backups[1], field.federation.nodeB)
    try expectEveryFile(recipient)
    let message = try #require(try recipient.message(early).first)
    let file = try #require(message.content.files.first)
    #expect(try recipient.attachment(file, of: message).plain.count == file.size)
    #expect(try recipient.evidence(of: message).count == 6)
    try await field.start(1)
    let late = try await sender.submit(field.draft("late"))
    let end = ContinuousClock.now + .seconds(30)
    while try recipient.message(late).isEmpty, ContinuousClock.now < end {
      try await Task.sleep(for: .milliseconds(50))
    }
    #expect(try recipient.message(late).count == 1)
    try await field.stop(0)
    try await field.stop(1)
  }

  @Test("an unfinished or changed backup is told, and a data folder with anything in it is left alone")
  func refused() async throws {
    let field = try KillField()
    let folder = try TemporaryFolder()
    let settings = field.federation.nodeA.settings.path
    let backup = folder.url.appending(path: "backup")
    #expect(try await Sdkrelay.run("backup", backup.path, "--config", settings).exitCode == 0)
    let again = try await Sdkrelay.run("backup", backup.path, "--config", settings)
    #expect(again.exitCode == 2 && again.complaint.contains("is not empty"))
    let full = try await Sdkrelay.run("restore", backup.path, "--config", settings)
    #expect(full.exitCode == 2 && full.complaint.contains("is not empty"))
    try await field.start(0)
    let running = try await Sdkrelay.run("restore", backup.path, "--config", settings)
    #expect(running.exitCode == 2 && running.complaint.contains("a node runs on"))
    try await field.stop(0)
    try FileManager.default.moveItem(at: field.federation.nodeA.data, to: folder.url.appending(path: "old"))

    let database = backup.appending(path: "relay.sqlite")
    let whole = try Data(contentsOf: database)
    var changed = whole
    changed[changed.count - 100] ^= 1
    try changed.write(to: database)
    let broken = try await Sdkrelay.run("restore", backup.path, "--config", settings)
    #expect(broken.exitCode == 2 && broken.complaint.contains("relay.sqlite is not what was taken"))
    try FileManager.default.removeItem(at: database)
    let lacking = try await Sdkrelay.run("restore", backup.path, "--config", settings)
    #expect(lacking.exitCode == 2 && lacking.complaint.contains("the backup lacks relay.sqlite"))
    try whole.write(to: database)
    let list = backup.appending(path: "backup.json")
    let text = try String(contentsOf: list, encoding: .utf8)
    try Data(text.replacing("\"relay.sqlite\"", with: "\"../relay.sqlite\"").utf8).write(to: list)
    let outside = try await Sdkrelay.run("restore", backup.path, "--config", settings)
    #expect(outside.exitCode == 2 && outside.complaint.contains("no backup's list"))
    try FileManager.default.removeItem(at: list)
    let unfinished = try await Sdkrelay.run("restore", backup.path, "--config", settings)
    #expect(unfinished.exitCode == 2 && unfinished.complaint.contains("holds no finished backup"))
    #expect(!FileManager.default.fileExists(atPath: field.federation.nodeA.data.path))
    try Data(text.utf8).write(to: list)
    let restored = try await Sdkrelay.run("restore", backup.path, "--config", settings)
    #expect(restored.exitCode == 0, "\(restored.complaint)")
  }

  @Test("the audit trail goes on after a restore, and is whole")
  func audit() async throws {
    let field = try KillField()
    let folder = try TemporaryFolder()
    let config = ["--config", field.federation.nodeA.settings.path]
    let backup = folder.url.appending(path: "backup")
    _ = try await Sdkrelay.run(["audit", "search"] + config)
    #expect(try await Sdkrelay.run(["backup", backup.path] + config).exitCode == 0)
    try FileManager.default.moveItem(at: field.federation.nodeA.data, to: folder.url.appending(path: "old"))
    #expect(try await Sdkrelay.run(["restore", backup.path] + config).exitCode == 0)
    _ = try await Sdkrelay.run(["audit", "search"] + config)
    let verdict = try await Sdkrelay.run(["audit", "verify", "--json"] + config)
    #expect(try verdict.json()["whole"] as? Bool == true, "\(verdict.output)")
    #expect(try verdict.json()["entries"] as? Int == 2)
  }

  @Test("a database with overwritten pages is told at the start, with what to do", arguments: [0, 1])
  func damaged(page: Int) async throws {
    let field = try KillField()
    try await field.start(0)
    try await field.stop(0)
    let data = field.federation.nodeA.data
    let database = data.appending(path: "relay.sqlite")
    let checkpoint = try DatabaseQueue(path: database.path)
    _ = try checkpoint.writeWithoutTransaction { try Row.fetchAll($0, sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
    try checkpoint.close()
    let handle = try FileHandle(forWritingTo: database)
    // The first page is the schema's, the others hold tables and indexes.
    for place in page == 0 ? [0] : Array(4..<20) {
      try handle.seek(toOffset: UInt64(place * 4_096))
      try handle.write(contentsOf: Data(randomBytes(4_096)))
    }
    try handle.close()
    let result = try await Sdkrelay.run("serve", "--config", field.federation.nodeA.settings.path)
    #expect(result.exitCode == 2)
    #expect(result.complaint.contains("the database is damaged: restore a backup"), "\(result.complaint)")
  }

  // MARK: Steps

  /// Takes the node's data away and restores the backup in its place.
  private func restore(_ backup: URL, _ node: TestFederation.Node) async throws -> Relay {
    let old = node.folder.appending(path: "data-lost")
    try FileManager.default.moveItem(at: node.data, to: old)
    let done = try await Sdkrelay.run("restore", backup.path, "--config", node.settings.path)
    try #require(done.exitCode == 0, "\(done.complaint)")
    return try Relay.open(NodeSettings(file: node.settings))
  }

  private func expectEveryFile(_ relay: Relay) throws {
    let names = try relay.read { try NamedFiles.all(in: $0, relay.store.layout) }
    #expect(!names.isEmpty)
    for name in names {
      #expect(FileManager.default.fileExists(atPath: relay.settings.data.appending(path: name).path), "\(name)")
    }
  }

  /// Waits until nothing is left to send.
  private func isSent(_ relay: Relay) async throws -> Bool {
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
      let left = try relay.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM transfer WHERE state = 'queued'") }
      if left == 0 { return true }
      try await Task.sleep(for: .milliseconds(50))
    }
    return false
  }
}
