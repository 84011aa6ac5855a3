import Foundation
import GRDB
import Logging
import Testing
import XMLSecurity

@testable import SDKRelay

@Suite("What a former version stored in plain") struct PlainRemainsTests {
  private static let participant = try! ParticipantID("0203:a.example.se")
  private static let keys = StorageKeys.temporary()
  private static let marks = ["Gammalttämne9", "gammalfil9", "Gammaltinnehåll9", "Gammaltkuvert9"]

  /// A data folder as version 0.1 left it: a received message with an attachment, and the envelope it came in.
  private func makeFormer(in folder: URL) throws {
    let layout = DataLayout(folder: folder)
    let attachment = try layout.messages(Self.participant).create()
    try attachment.write(Self.marks[2])
    try attachment.keep(as: "old-file")
    let envelope = try layout.sealed(Self.participant).create()
    try envelope.write(Self.marks[3])
    try envelope.keep(as: "old-envelope.xhe")
    let pool = try DatabasePool(path: layout.database.path)
    try StoreSchema.migrator(nil).migrate(pool, upTo: "relay 2 quarantined files")
    let party = #"{"id":"0203:a.example.se","mailbox":"sdk:box"}"#
    let content = """
      {"subject":"\(Self.marks[0])","isConfidential":false,"references":[],"returnedReferences":[],"senderPersons":[],\
      "recipientPersons":[],"documents":[{"id":"1","texts":["t"],"files":[{"name":"\(Self.marks[1]).pdf",\
      "contentType":"application/pdf","size":\(Self.marks[2].utf8.count),"sha256":"00","storedName":"old-file"}]}]}
      """
    try pool.write { db in
      try db.execute(
        sql: """
          INSERT INTO message (id, participant, direction, messageId, status, createdAt, storedAt, conversationId, mailbox,
            sender, recipient, content)
          VALUES (1, '0203:a.example.se', 'in', '00000000-0000-4000-8000-000000000001', 'NEW', 1, 1,
            '00000000-0000-4000-8000-000000000001', 'sdk:box', ?, ?, ?);
          """, arguments: [party, party, content])
      try db.execute(
        sql: """
          INSERT INTO attachment (participant, file, messageRow) VALUES ('0203:a.example.se', 'old-file', 1);
          INSERT INTO reception (id, participant, accessPoint, transportId, referencesSha256, receivedAt, sender, service,
            action, conversationId, file, size, payloadSha256, state, messageRow)
          VALUES (7, '0203:a.example.se', 'AP', 't', x'00', 1, '0203:b.example.se', 's', 'a', 'c', 'old-envelope', 14,
            x'00', 'delivered', 1);
          """)
    }
    try pool.close()
  }

  @Test("Q11: a data folder of the former version opens, is read as it is, and is sealed while the node runs")
  func upgrade() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "former-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try makeFormer(in: folder)
    let store = try Store(folder: folder, keys: Self.keys)
    func message() throws -> StoredMessage { try #require(try store.messages(MessageFilter()).first) }
    func envelope() throws -> [UInt8] {
      let sink = MemorySink()
      try store.evidence(of: message()).first?.write(into: sink)
      return sink.bytes
    }
    func attachment() throws -> [UInt8] {
      let message = try message()
      return try AS4Kit.bytes(message.attachment(try #require(message.content.files.first), store.layout))
    }
    for isSealed in [false, true] {
      #expect(try message().subject == Self.marks[0])
      #expect(try attachment() == Array(Self.marks[2].utf8))
      #expect(try envelope() == Array(Self.marks[3].utf8))
      #expect(try (message().key != nil) == isSealed)
      let remains = PlainRemains(store: store, work: BlockingWork(threads: 1), logger: Logger(label: "test"))
      try await remains.run()
    }
    let rows = try store.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM messageKey") }
    #expect(rows == 1, "the envelope has its message's key")
    // The janitor removes the former files.
    for file in try SealedAtRestTests.files(folder) where !file.lastPathComponent.hasPrefix("relay.sqlite") {
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSinceNow: -7_200)], ofItemAtPath: file.path)
    }
    let janitor = Janitor(
      store: store, participants: [Self.participant], duplicateWindow: .seconds(90 * 86_400),
      logger: Logger(label: "test"))
    try await janitor.sweep(now: Date())
    #expect(try attachment() == Array(Self.marks[2].utf8))
    #expect(try envelope() == Array(Self.marks[3].utf8))
    #expect(try SealedAtRestTests.search(folder, for: Self.marks) == [])
  }

  @Test("what cannot be sealed, since its file is gone, stays as it is and keeps nothing else from being sealed")
  func lost() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "former-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try makeFormer(in: folder)
    let layout = DataLayout(folder: folder)
    unlink(layout.messageFile("old-file", of: Self.participant).path)
    let store = try Store(folder: folder, keys: Self.keys)
    try await PlainRemains(store: store, work: BlockingWork(threads: 1), logger: Logger(label: "test")).run()
    #expect(try store.messages(MessageFilter()).map(\.subject) == [Self.marks[0]])
    #expect(try store.read { try Bool.fetchOne($0, sql: "SELECT isSealed FROM reception") } == true)
  }
}
