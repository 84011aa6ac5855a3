public import Foundation
import GRDB
import Logging
public import SDKRelay
import XMLSecurity

/// How long it takes to list, open and search among many messages, for the benchmarks: a node's own database, filled
/// with generated messages as a delivery stores them.
///
/// Nine of ten messages lie in one mailbox. Every message has the word `ansökan`, one in a thousand `ovanlig`, and each a
/// diarienummer of its own.
public struct MailboxMeasurement: Sendable {
  /// The median times, in seconds.
  public struct Times: Sendable {
    public let firstPage: Double
    public let hundredthPage: Double
    public let conversations: Double
    public let conversation: Double
    public let commonWord: Double
    public let commonBeginning: Double
    public let rareWord: Double
    public let reference: Double
    public let hundredthSearchPage: Double
  }

  private let service: MailboxService
  private let mailbox: MailboxID
  private let other: MailboxID
  private let user: UserID

  /// - Parameter settings: of a node whose data folder is empty.
  public init(_ settings: NodeSettings) async throws {
    service = try MailboxService.open(settings, logger: Logger(label: "measurement") { _ in SwiftLogNoOpLogHandler() })
    let organisation = settings.participants[0].id
    mailbox = MailboxID(organisation, try FunctionalAddress("sdk:antagning"))
    other = MailboxID(organisation, try FunctionalAddress("sdk:vagledning"))
    user = try UserID("handlaggare-1")
    let (user, places) = (user, [mailbox, other])
    try await service.relay.write { db in
      let now = Date.now
      try UserTable.add(
        User(id: user, name: "Handläggare", participant: organisation, created: now, ended: nil), in: db)
      for place in places {
        _ = try GrantTable.add(
          NewGrant(
            holder: .user(user), kind: .role(.caseworker), participant: organisation, mailbox: place.address,
            start: now - 60, end: nil), in: db)
      }
    }
  }

  /// Stores the messages with these numbers; the time one took in seconds, its part of the commits included.
  public func fill(_ numbers: Range<Int>) async throws -> Double {
    let start = ContinuousClock.now
    for first in stride(from: numbers.lowerBound, to: numbers.upperBound, by: 500) {
      let batch = first..<min(first + 500, numbers.upperBound)
      let (mailbox, other) = (mailbox, other)
      try await service.relay.write { db in
        for number in batch { try Self.store(number, in: number % 10 == 0 ? other : mailbox, db) }
      }
    }
    let time = (ContinuousClock.now - start) / .seconds(1)
    // What was written last is no node's everyday.
    await service.relay.emptyLog()
    return time / Double(max(1, numbers.count))
  }

  /// Measures each a number of times.
  public func times(_ count: Int) async throws -> Times {
    let principal = Principal.user(user)
    var list = MessageSearch()
    list.mailbox = mailbox
    func search(_ words: String) async throws -> Double {
      var query = MessageSearch()
      query.words = words
      return try await median(count) {
        _ = try service.relay.read { try query.fetch(for: principal, at: .now, in: $0) }
      }
    }
    func page(_ query: MessageSearch) throws -> MessageSearch {
      var query = query
      for _ in 1..<100 {
        let found = try service.relay.read { try query.fetch(for: principal, at: .now, in: $0) }
        guard let last = found.last, found.count == query.limit else { break }
        query.before = last.row
      }
      return query
    }
    func fetch(_ query: MessageSearch) async throws -> Double {
      try await median(count) { _ = try service.relay.read { try query.fetch(for: principal, at: .now, in: $0) } }
    }
    var common = MessageSearch()
    common.words = "ansökan komplettering"
    var conversations = ConversationQuery()
    conversations.mailbox = mailbox
    let newest = try service.conversations(conversations, for: principal)
    let asked = conversations
    return Times(
      firstPage: try await fetch(list), hundredthPage: try await fetch(page(list)),
      conversations: try await median(count) { _ = try service.conversations(asked, for: principal) },
      conversation: try await median(count) {
        _ = try await service.conversation(newest[Int.random(in: newest.indices)].key, by: principal)
      },
      commonWord: try await search("ansökan komplettering"), commonBeginning: try await search("ansök"),
      rareWord: try await search("ovanlig"), reference: try await search("Af-2026/0000 0500"),
      hundredthSearchPage: try await fetch(page(common)))
  }

  private func median(_ count: Int, _ work: () async throws -> Void) async throws -> Double {
    var times: [Double] = []
    for _ in 0..<count {
      let start = ContinuousClock.now
      try await work()
      times.append((ContinuousClock.now - start) / .seconds(1))
    }
    return times.sorted()[times.count / 2]
  }

  private static func store(_ number: Int, in mailbox: MailboxID, _ db: Database) throws {
    let isIncoming = number % 3 != 0
    guard let messageID = MessageID(id(number, "4000")) else { return }
    let key = SealKey.random()
    let seal = ContentSeal(key, of: mailbox.participant, isIncoming ? .incoming : .outgoing, messageID)
    let own = #"{"id":"\#(mailbox.participant.value)","label":"Kommunen","mailbox":"\#(mailbox.address.value)"}"#
    let counterparty = """
      {"id":"0203:part-\(number % 40).example.se","label":"Part \(number % 40)","mailbox":"sdk:inkorg"}
      """
    try db.change(
      sql: """
        INSERT INTO message (participant, direction, messageId, status, createdAt, storedAt, conversationId, mailbox,
          sender, recipient, content, sealedContent)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?)
        """,
      arguments: [
        mailbox.participant.comparable, isIncoming ? "in" : "out", messageID.value, isIncoming ? "NEW" : "ACCEPTED",
        number, number, id(number / 200 * 40 + number % 40, "4001"), mailbox.address.value,
        isIncoming ? counterparty : own, isIncoming ? own : counterparty,
        seal.seal(Array(content(number).utf8), as: "content"),
      ])
    let inserted = db.lastInsertedRowID
    try MessageKeyTable.insert(key, of: mailbox.participant, message: inserted, in: db)
    let row = try db.row(
      sql: "SELECT \(StoredMessage.columns) FROM message WHERE id = ?", arguments: [inserted])
    guard let row else { return }
    try MessageRecordTable.insert(StoredMessage(row), in: db)
  }

  private static func id(_ number: Int, _ group: String) -> String {
    String(format: "00000000-0000-%@-8000-%012d", group, number)
  }

  private static func content(_ number: Int) -> String {
    let words = (0..<60).map { "ord\((number &* 7_919 &+ $0 &* 104_729) % 20_000)" }.joined(separator: " ")
    let text = "Er ansökan behöver komplettering. \(words)" + (number % 1_000 == 500 ? " ovanlig" : "")
    let reference = String(format: "Af-2026/%04d %04d", number / 10_000, number % 10_000)
    return """
      {"subject":"Ansökan \(number)","isConfidential":false,"references":[{"root":"dnr","value":"\(reference)"}],\
      "returnedReferences":[],"senderPersons":[],"recipientPersons":[],\
      "documents":[{"id":"1","texts":["\(text)"],"files":[]}]}
      """
  }
}
