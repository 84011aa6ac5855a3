import Foundation
import GRDB
import Testing
import XMLSecurity

@testable import Mailbox
@testable import SDKRelay

@Suite("The search index without words") struct BlindIndexTests {
  private static let marks = ["Ämnesmärke8", "Textmärket", "filnamnsmärke8", "Dnrmärke8", "Anteckningsmärke8"]

  @Test("W11: no word of a message, and none of a note, stands in any file of the data folder")
  func nothingInPlain() async throws {
    let kit = try MessageKit()
    let user = try await kit.user()
    let marks = Self.marks
    let message = try await kit.put {
      ($0.subject, $0.text, $0.file, $0.reference) = (marks[0], "Om \(marks[1])", "\(marks[2]).pdf", marks[3])
    }
    try await kit.service.note("Se \(marks[4])", on: message.id, by: user, at: MessageKit.now)
    for word in marks.prefix(4) + ["textmär"] { #expect(try await kit.find(word, user) == [message.row], "\(word)") }
    let handling = try await kit.service.handling(of: message.id, by: user, at: MessageKit.now)
    #expect(handling.notes.map(\.text) == ["Se \(marks[4])"])
    let folder = kit.service.relay.settings.data
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.compactMap { $0 as? URL }
    for file in files ?? [] {
      guard let bytes = try? Data(contentsOf: file) else { continue }
      for mark in marks + ["textmär"] {
        for form in [mark, mark.lowercased()] {
          #expect(bytes.range(of: Data(form.utf8)) == nil, "\(form) in \(file.lastPathComponent)")
        }
      }
    }
    #expect((files ?? []).contains { $0.lastPathComponent == "relay.sqlite" })
  }

  @Test("a token is the same for the same word and key only, and a beginning never a word")
  func tokens() {
    let tokens = SearchTokens(.random())
    #expect(tokens.word("ansökan") == tokens.word("ansökan"))
    #expect(tokens.word("ansökan") != tokens.beginning("ansökan"))
    #expect(tokens.word("ansökan") != SearchTokens(.random()).word("ansökan"))
    #expect(tokens.words("a b a") == "\(tokens.word("a")) \(tokens.word("b")) \(tokens.word("a"))")
    #expect(tokens.word("x").wholeMatch(of: /[a-z2-7]{16}/) != nil)
  }

  @Test("a beginning of very many words is told, and not searched for in part")
  func tooMany() async throws {
    let kit = try MessageKit()
    let user = try await kit.user()
    let letters = "abcdefghijkl"
    let words = letters.flatMap { a in letters.flatMap { b in letters.map { c in "zeta\(a)\(b)\(c)" } } }
    let message = try await kit.put { $0.text = words.joined(separator: " ") }
    await #expect(throws: SearchProblem.tooManyWords) { try await kit.find("zeta", user) }
    #expect(try await kit.find("zetaa", user) == [message.row])
    #expect(try await kit.find("zeta om", user) == [])
  }

  @Test("the index is sealed anew under a new key, and begins anew once a key is gone or back")
  func keys() async throws {
    let kit = try MessageKit()
    var settings = kit.service.relay.settings
    let data = FileManager.default.temporaryDirectory.appending(path: "keys-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: data) }
    settings.data = data
    let (old, new) = (StorageKeys.Key(name: "old", key: .random())!, StorageKeys.Key(name: "new", key: .random())!)
    func open(_ current: StorageKeys.Key, _ former: [StorageKeys.Key] = []) async throws -> MailboxService {
      settings.storage = StorageKeys(current: current, former: former)
      let service = try MailboxService.open(settings)
      await service.upkeep()
      return service
    }
    func indexKey(_ service: MailboxService) throws -> (SealKey?, String?) {
      try service.relay.read { db in
        (try SearchKey.open(in: db)?.key, try String.fetchOne(db, sql: "SELECT keyName FROM searchKey"))
      }
    }
    var plan = MessageKit.Plan()
    plan.text = "förstaordet"
    let first = try await MessageKit(open(old)).put(plan)
    let before = try indexKey(MailboxService.open(settings)).0
    plan = MessageKit.Plan()
    plan.text = "andraordet"
    let both = try await MessageKit(open(new, [old]))
    let second = try await both.put(plan)
    #expect(try indexKey(both.service) == (before, "new"))
    let user = try await both.user()
    #expect(try await both.find("förstaordet", user) == [first.row])
    let without = try await MessageKit(open(new))
    #expect(try indexKey(without.service).0 != before)
    #expect(try await without.find("förstaordet", user) == [])
    #expect(try await without.find("andraordet", user) == [second.row])
    #expect(try await without.find(nil, user) == [second.row, first.row])
    await #expect(throws: ContentProblem.keyMissing("old")) {
      try await without.service.open(first.id, by: user, at: MessageKit.now)
    }
    await #expect(throws: ContentProblem.keyMissing("old")) {
      try await without.service.note("n", on: first.id, by: user, at: MessageKit.now)
    }
    let back = try await MessageKit(open(new, [old]))
    #expect(try await back.find("förstaordet", user) == [first.row])
  }

  @Test("Q11: the words and notes of the former version are sealed, and found as before")
  func former() async throws {
    let kit = try MessageKit()
    var settings = kit.service.relay.settings
    let data = FileManager.default.temporaryDirectory.appending(path: "former-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: data) }
    settings.data = data
    try Self.makeFormer(in: data)
    let upgraded = MessageKit(try MailboxService.open(settings))
    let user = try await upgraded.user()
    #expect(try await upgraded.find("gammaltord", user) == [], "not in the index yet")
    #expect(try !upgraded.service.isIndexWhole())
    await upgraded.service.upkeep()
    #expect(try upgraded.service.isIndexWhole())
    #expect(try await upgraded.find("gammaltord", user) == [1])
    #expect(try await upgraded.find("gammaltor", user) == [1])
    let id = MessageID("00000000-0000-4000-8000-000000000001")!
    let handling = try await upgraded.service.handling(of: id, by: user, at: MessageKit.now)
    #expect(handling.notes.map(\.text) == ["en gammal anteckning"])
    let notes = try upgraded.service.relay.read { try String.fetchAll($0, sql: "SELECT text FROM messageNote") }
    #expect(notes == [""])
    let late = try await upgraded.put { $0.text = "nyttord" }
    await upgraded.service.upkeep()
    #expect(try await upgraded.find("nyttord", user) == [late.row])
    try await upgraded.service.relay.write { db in
      try db.execute(sql: "INSERT INTO messageSearch (messageSearch) VALUES ('integrity-check')")
    }
  }

  /// A database as version 0.1 left it, with a message that is in its index, and a note.
  private static func makeFormer(in folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let pool = try DatabasePool(path: DataLayout(folder: folder).database.path)
    // In the order in which version 0.1 had them: the relay's third came later.
    try StoreSchema.migrator(nil).migrate(pool, upTo: "relay 2 quarantined files")
    var migrator = DatabaseMigrator()
    MailboxSchema.register(in: &migrator)
    try migrator.migrate(pool, upTo: "mailbox 7 search")
    let mailbox = MessageKit.mailbox
    let own = #"{"id":"\#(mailbox.participant.value)","mailbox":"\#(mailbox.address.value)"}"#
    let content = """
      {"subject":"s","isConfidential":false,"references":[],"returnedReferences":[],"senderPersons":[],\
      "recipientPersons":[],"documents":[{"id":"1","texts":["ett gammaltord"],"files":[]}]}
      """
    try pool.write { db in
      let id = "00000000-0000-4000-8000-000000000001"
      try db.execute(
        sql: """
          INSERT INTO message (id, participant, direction, messageId, status, createdAt, storedAt, conversationId, mailbox,
            sender, recipient, content)
          VALUES (1, ?, 'in', ?, 'NEW', 1, 1, ?, ?, '{"id":"0203:motpart.example.se"}', ?, ?)
          """, arguments: [mailbox.participant.comparable, id, id, mailbox.address.value, own, content])
      try db.execute(
        sql: """
          INSERT INTO messageRecord (messageRow) VALUES (1);
          INSERT INTO user (id, name, participant, createdAt) VALUES ('u0', 'Namn', '\(mailbox.participant.comparable)', 1);
          INSERT INTO messageNote (messageRow, user, at, text) VALUES (1, 'u0', 1, 'en gammal anteckning');
          INSERT INTO messageSearch (rowid, place, text) VALUES (1, 'p1', 'ett gammaltord');
          INSERT INTO searchWord (word) VALUES ('ett'), ('gammaltord');
          """)
    }
    try pool.close()
  }
}
