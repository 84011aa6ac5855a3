import Foundation
import GRDB
import Testing
import XMLSecurity

@testable import SDKRelay

@Suite("Messages are sealed where they are kept") struct SealedAtRestTests {
  private static let marks = [
    "Ämnesmärke7", "Textmärke7", "filnamnsmärke7", "Innehållsmärke7", "Personmärke7", "Dnrmärke7",
  ]

  private func draft(_ net: TestNet) throws -> Draft {
    let marks = Self.marks
    var draft = net.draft(
      marks[0], text: "Om \(marks[1]).",
      attachments: [
        try net.file(Array("%PDF-1.7 \(String(repeating: marks[3] + " ", count: 9_000))".utf8), "\(marks[2]).pdf")
      ])
    draft.references = [Draft.Reference(root: "dnr", value: marks[5])]
    draft.recipientPersons = [StoredContent.Person(label: marks[4])]
    return draft
  }

  @Test("invariant 7: after an exchange no word of the message can be read in any file of either node")
  func nothingInPlain() async throws {
    try await withNet { net in
      let id = try await net.nodes[0].relay.submit(try draft(net))
      let received = try #require(try await net.nodes[1].wait(id, .incoming, for: .new))
      _ = try await net.nodes[0].wait(id, .outgoing, for: .accepted)
      #expect(received.subject == Self.marks[0])
      for node in net.nodes {
        let found = try Self.search(node.settings.data, for: Self.marks)
        #expect(found.isEmpty, "\(found)")
        #expect(try Self.files(node.settings.data).contains { $0.path.contains("/messages/") })
      }
      let file = try #require(received.content.files.first)
      let bytes = try AS4Kit.bytes(net.nodes[1].relay.attachment(file, of: received))
      #expect(Hexadecimal.encode(digest(.sha256, of: bytes)) == file.sha256)
    }
  }

  @Test("evidence of a sealed envelope is the envelope byte for byte, and the same on both sides")
  func evidence() async throws {
    try await withNet { net in
      let id = try await net.nodes[0].relay.submit(try draft(net))
      let sent = try #require(try await net.nodes[0].wait(id, .outgoing, for: .accepted))
      let received = try #require(try await net.nodes[1].wait(id, .incoming, for: .new))
      func pieces(_ node: TestNode, _ message: StoredMessage) throws -> [[UInt8]] {
        try node.relay.evidence(of: message).map { piece in
          let sink = MemorySink()
          try piece.write(into: sink)
          return sink.bytes
        }
      }
      #expect(try await eventually { try pieces(net.nodes[1], received).count == 6 })
      #expect(try pieces(net.nodes[0], sent) == pieces(net.nodes[1], received))
      let layout = net.nodes[1].relay.store.layout
      let name = try #require(try layout.sealed(net.b.id).names().first { $0.hasSuffix(".xhe") })
      let onDisk = try Data(contentsOf: layout.sealedFile(name, of: net.b.id))
      #expect(onDisk.range(of: Data("<x".utf8)) == nil || !onDisk.starts(with: Data("<".utf8)))
      #expect(onDisk.starts(with: Data("SDKSEAL1".utf8)))
    }
  }

  @Test("a message under a former key opens while the key is in the settings, and says so afterwards")
  func rotation() async throws {
    let store = try SealedStore()
    let (old, new) = (try SealedStore.key("2025"), try SealedStore.key("2026"))
    let first = try await store.open(StorageKeys(current: old)).put("gammalt")
    let both = try store.open(StorageKeys(current: new, former: [old]))
    #expect(try both.message(first).subject == "gammalt")
    let second = try await both.put("nytt")
    let without = try store.open(StorageKeys(current: new))
    let messages = try without.messages(MessageFilter())
    #expect(messages.map(\.row) == [second, first])
    #expect(messages.map(\.contentProblem) == [nil, .keyMissing("2025")])
    #expect(messages[1].subject == "[key 2025 is not in the settings]")
    #expect(messages[1].content.isConfidential && messages[1].content.documents.isEmpty)
    #expect(throws: ContentProblem.keyMissing("2025")) { _ = try messages[1].openContent() }
    // Another key of the same name is not the key.
    let wrong = try store.open(StorageKeys(current: try SealedStore.key("2025"), former: [new]))
    #expect(try wrong.message(first).contentProblem == .keyMissing("2025"))
    #expect(try wrong.message(second).subject == "nytt")
  }

  @Test("what was sealed for one message does not open as another's, nor with another's key")
  func swapped() async throws {
    let store = try SealedStore().open(StorageKeys(current: try SealedStore.key("k")))
    let (first, second) = (try await store.put("ett"), try await store.put("två"))
    try await store.write { db in
      let sealed = try Data.fetchOne(db, sql: "SELECT sealedContent FROM message WHERE id = ?", arguments: [first])
      try db.execute(sql: "UPDATE message SET sealedContent = ? WHERE id = ?", arguments: [sealed, second])
      try db.execute(
        sql:
          "UPDATE messageKey SET wrapped = (SELECT wrapped FROM messageKey WHERE messageRow = ?) WHERE messageRow = ?",
        arguments: [first, second])
    }
    #expect(try store.message(first).subject == "ett")
    #expect(try store.message(second).contentProblem == .damaged)
    try await store.write { db in
      try db.execute(
        sql: "UPDATE message SET sealedContent = substr(sealedContent, 1, 20) WHERE id = ?", arguments: [first])
      try db.execute(sql: "UPDATE messageKey SET wrapped = x'00' WHERE messageRow = ?", arguments: [second])
    }
    #expect(try store.messages(MessageFilter()).map(\.contentProblem) == [.keyMissing("k"), .damaged])
  }

  @Test("once a message's key is destroyed its content is gone, and so is the envelope it came in; the receipts stay")
  func destroyed() async throws {
    try await withNet { net in
      let id = try await net.nodes[0].relay.submit(try draft(net))
      let received = try #require(try await net.nodes[1].wait(id, .incoming, for: .new))
      _ = try await net.nodes[0].wait(id, .outgoing, for: .accepted)
      let (relay, data) = (net.nodes[1].relay, net.nodes[1].settings.data)
      #expect(try await eventually { try relay.evidence(of: received).count == 6 })
      let wrapped = try #require(
        try relay.read {
          try Data.fetchOne($0, sql: "SELECT wrapped FROM messageKey WHERE messageRow = ?", arguments: [received.row])
        })
      try await relay.write { try MessageKeyTable.destroy(received.row, in: $0) }
      let message = try #require(try relay.message(id).first)
      #expect(message.contentProblem == .destroyed)
      #expect(message.status == .new && message.conversationID == received.conversationID)
      #expect(try relay.evidence(of: message).map(\.kind).filter { $0 == .envelope }.count == 1)
      #expect(try relay.evidence(of: message).count == 5)
      var reply = net.draft("Svar")
      (reply.sender, reply.recipient, reply.replyTo) = (net.b.mailbox, net.a.mailbox, id)
      await #expect { try await relay.submit(reply) } throws: {
        "\($0)" == "the message \(id) cannot be replied to: its content has been destroyed"
      }
      // What is deleted is overwritten, in the file and, once that has been written, in its log.
      try await relay.store.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
      for name in ["relay.sqlite", "relay.sqlite-wal"] {
        let bytes = (try? Data(contentsOf: data.appending(path: name))) ?? Data()
        #expect(bytes.range(of: wrapped) == nil, "\(name)")
      }
    }
  }

  @Test("a message whose key is missing waits, and is sent once the key is back")
  func held() async throws {
    let (old, new) = (try SealedStore.key("old"), try SealedStore.key("new"))
    try await withNet(change: { $0.storage = StorageKeys(current: old) }, running: [1]) { net in
      let id = try await net.nodes[0].relay.submit(try draft(net))
      var settings = net.nodes[0].settings
      settings.storage = StorageKeys(current: new)
      let without = try TestNode(settings, net.directory)
      try await without.start()
      #expect(
        try await without.waitForEvent("held: its content cannot be opened: the key old is not in the settings"))
      await without.stop()
      settings.storage = StorageKeys(current: new, former: [old])
      let with = try TestNode(settings, net.directory)
      try await with.start()
      try await with.relay.write { try $0.execute(sql: "UPDATE job SET dueAt = 0") }
      with.relay.doorbell.ring()
      #expect(try await net.nodes[1].wait(id, .incoming, for: .retrieved, seconds: 2) != nil)
      await with.stop()
    }
  }

  static func files(_ folder: URL) throws -> [URL] {
    let all = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    return (all?.compactMap { $0 as? URL } ?? []).filter { FileInformation(path: $0.path)?.isRegular == true }
  }

  /// Which of the words stand in which file, in the cases in which they may be written, also in base64.
  static func search(_ folder: URL, for words: [String]) throws -> [String] {
    try files(folder).flatMap { file in
      let bytes = try Data(contentsOf: file)
      return words.filter { word in
        [word, word.lowercased(), String(word.dropFirst(3))].contains { bytes.range(of: Data($0.utf8)) != nil }
      }.map { "\($0) in \(file.lastPathComponent)" }
    }
  }
}

/// A data folder that is opened with one set of keys after the other.
final class SealedStore {
  let folder = FileManager.default.temporaryDirectory.appending(path: "sealed-\(UUID().uuidString)")

  init() throws {}

  deinit {
    try? FileManager.default.removeItem(at: folder)
  }

  static func key(_ name: String) throws -> StorageKeys.Key {
    try #require(StorageKeys.Key(name: name, key: .random()))
  }

  func open(_ keys: StorageKeys) throws -> Store { try Store(folder: folder, keys: keys) }
}

extension Store {
  fileprivate func put(_ subject: String) async throws -> Int64 {
    let party = MessageParty(
      id: try ParticipantID("0203:a.example.se"), label: nil, mailbox: try FunctionalAddress("sdk:box"),
      mailboxLabel: nil)
    let id = MessageID.new()
    let message = NewMessage(
      participant: party.id, direction: .outgoing, id: id, status: .scheduled, created: Date(), conversationID: id,
      sender: party, recipient: party,
      content: StoredContent(
        subject: subject, isConfidential: false, references: [], returnedReferences: [], documents: []))
    return try await write { db in try MessageTable.insert(message, now: Date(), event: "test", in: db) }
  }

  fileprivate func message(_ row: Int64) throws -> StoredMessage {
    try #require(try read { try MessageTable.fetch(row, in: $0) })
  }
}
