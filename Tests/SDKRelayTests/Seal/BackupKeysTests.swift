import Foundation
import GRDB
import Testing
import XMLSecurity

@testable import SDKRelay

@Suite("Backups and the messages' keys") struct BackupKeysTests {
  /// Two messages received, a backup, the first one's key destroyed, another backup.
  private func withBackups(_ body: (TestNet, URL, [MessageID]) async throws -> Void) async throws {
    try await withNet { net in
      let relay = net.nodes[1].relay
      var ids: [MessageID] = []
      for name in ["första", "andra"] {
        let file = try net.file(Array("%PDF-1.7 \(name)".utf8))
        let id = try await net.nodes[0].relay.submit(net.draft(name, attachments: [file]))
        _ = try await net.nodes[1].wait(id, .incoming, for: .new)
        ids.append(id)
      }
      let keys = net.folder.appending(path: "keys/messages.keys")
      _ = try relay.backUp(into: net.folder.appending(path: "apart"), keys: keys)
      _ = try relay.backUp(into: net.folder.appending(path: "whole"))
      let first = try #require(try relay.message(ids[0]).first)
      try await relay.write { try MessageKeyTable.destroy(first.row, in: $0) }
      _ = try relay.backUp(into: net.folder.appending(path: "later"), keys: keys)
      try await body(net, keys, ids)
    }
  }

  private func restore(_ net: TestNet, _ backup: String, keys: URL?, as name: String) throws -> Relay {
    var settings = net.nodes[1].settings
    settings.data = net.folder.appending(path: name)
    _ = try Relay.restore(net.folder.appending(path: backup), into: settings.data, keys: keys)
    return try Relay.open(settings, directory: net.directory)
  }

  @Test("a message whose key was destroyed is gone from the older backup too, and the others are whole")
  func destroyed() async throws {
    try await withBackups { net, keys, ids in
      for backup in ["apart", "whole", "later"] {
        let relay = try restore(net, backup, keys: keys, as: "restored-\(backup)")
        #expect(try relay.message(ids[0]).first?.contentProblem == .destroyed, "\(backup)")
        let second = try #require(try relay.message(ids[1]).first)
        #expect(second.subject == "andra", "\(backup)")
        let file = try #require(second.content.files.first)
        #expect(try AS4Kit.bytes(relay.attachment(file, of: second)) == Array("%PDF-1.7 andra".utf8))
        #expect(try relay.evidence(of: second).count >= 3)
      }
      // As long as the keys are within it, a backup has what has been destroyed since.
      let whole = try restore(net, "whole", keys: nil, as: "restored-with-its-own")
      #expect(try whole.message(ids[0]).first?.subject == "första")
    }
  }

  @Test("a backup without keys has none in any of its files, and is not restored without them")
  func apart() async throws {
    try await withBackups { net, keys, _ in
      let folder = net.folder.appending(path: "apart")
      let wrapped = try DatabaseQueue(path: keys.path).read {
        try Data.fetchAll($0, sql: "SELECT wrapped FROM messageKey")
      }
      #expect(wrapped.count == 1)
      for file in try SealedAtRestTests.files(folder) {
        let bytes = try Data(contentsOf: file)
        for key in wrapped { #expect(bytes.range(of: key) == nil, "\(file.lastPathComponent)") }
      }
      let mode = try FileManager.default.attributesOfItem(atPath: keys.path)[.posixPermissions] as? Int
      #expect(mode == 0o600)
      #expect(throws: BackupProblem.keysApart) { try restore(net, "apart", keys: nil, as: "r1") }
      let none = net.folder.appending(path: "none")
      #expect(throws: BackupProblem.noKeys(none.path)) { try restore(net, "apart", keys: none, as: "r2") }
      try Data("no database, and long enough to be looked at as one".utf8).write(to: none)
      #expect(throws: BackupProblem.noKeys(none.path)) { try restore(net, "apart", keys: none, as: "r3") }
      #expect(!FileManager.default.fileExists(atPath: net.folder.appending(path: "r3").path))
    }
  }
}
