import Foundation
import GRDB
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Synchronization
import Testbed
import XMLSecurity

@testable import Mailbox
@testable import SDKRelay
@testable import Service
@testable import StructuredBridge

/// A node whose interface is asked without a network, users and clients of two organisations, and messages put in as the
/// relay would deliver them.
final class RelayKit: Sendable {
  let service: MailboxService
  let bridge: Bridge
  let responder: Responder
  private let folder: URL

  static let organisation = try! ParticipantID("0203:komvux.kommun.example.se")
  static let stranger = try! ParticipantID("0203:annan.example.se")
  static let counterparty = try! ParticipantID("0203:motpart.example.se")
  static let mailbox = MailboxID(organisation, try! FunctionalAddress("sdk:antagning"))
  static let neighbour = MailboxID(organisation, try! FunctionalAddress("sdk:studievagledning"))
  static let elsewhere = MailboxID(stranger, try! FunctionalAddress("sdk:antagning"))
  static let day: TimeInterval = 86_400

  init(
    pace: EventPace = EventPace(), server: ServiceSettings.AuthorisationServer? = nil,
    fetch: AuthorityKeys.Fetch? = nil,
    agreement: String? = nil, bridge change: (inout BridgeSettings) -> Void = { _ in }, logger: Logger = .silent
  )
    async throws
  {
    folder = FileManager.default.temporaryDirectory.appending(path: "relay-\(UUID().uuidString)")
    let (node, service) = try Self.shared.get()
    var settings = node
    settings.data = folder
    if let agreement { settings.agreements = try Self.agreements(agreement, in: folder) }
    var bridgeSettings = BridgeSettings(federation: settings.federation)
    change(&bridgeSettings)
    let bridge = try Bridge.open(settings, bridgeSettings, logger: logger)
    self.bridge = bridge
    self.service = bridge.mailbox
    var own = service
    own.authorisationServer = server
    responder = try await Responder(own, bridge: bridge, pace: pace, fetch: fetch, logger: logger)
  }

  private static func agreements(_ text: String, in folder: URL) throws -> URL {
    let agreements = folder.appending(path: "agreements")
    try FileManager.default.createDirectory(at: agreements, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: agreements.appending(path: "one.yaml"))
    return agreements
  }

  /// An agreement that has both mailboxes of the organisation.
  static let agreement = """
    id: ab
    version: 1
    date: 2020-01-01
    title: Utbyte
    validity:
      from: 2020-01-01
    legalBasis: [1 a § lagen (2000:625)]
    parties:
      - participant: \(organisation)
        name: Vuxenutbildningen
        administrator: {name: Förvaltningen, contact: forvaltning@a.example.se}
        mailboxes:
          - {address: "\(mailbox.address)", name: Antagningen, purpose: P, hours: H, contact: C, protectedPersons: true}
          - {address: "\(neighbour.address)", name: Vägledningen, purpose: P, hours: H, contact: C}
      - participant: 0203:motpart.example.se
        name: Motparten
        administrator: {name: Samverkan, contact: samverkan@b.example.se}
        mailboxes:
          - {address: "sdk:registrator", name: Registratorn, purpose: P, hours: H, contact: C}
    routes:
      - {from: "\(mailbox.address)", to: "sdk:registrator", kinds: [other]}
      - {from: "\(neighbour.address)", to: "sdk:registrator", kinds: [other]}
    fileTypes: [application/pdf]
    maximumSize: 1 MB
    answerWithinWorkingDays: 5
    retention: {days: 730, rule: Två år}
    """

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// The same data folder opened once more, as another process would.
  func besides() throws -> MailboxService {
    try MailboxService.open(service.relay.settings, logger: .silent)
  }

  /// Keys are made once for all tests.
  static let sharedFolder = FileManager.default.temporaryDirectory.appending(
    path: "relay-federation-\(UUID().uuidString)")
  static let shared: Result<(NodeSettings, ServiceSettings), any Error> = Result {
    let folder = sharedFolder
    // Nobody releases a static: the folder goes when the tests end.
    atexit { try? FileManager.default.removeItem(at: RelayKit.sharedFolder) }
    var options = TestFederation.Options()
    options.keySizes = .quick
    options.furtherSettings =
      "limits:\n  reserve: 0 B\nservice:\n  port: 0\n  tls: false\n  url: https://mt.example.se\n"
    let federation = try TestFederation.create(in: folder, options: options)
    return (try NodeSettings(file: federation.nodeA.settings), try ServiceSettings.read(federation.nodeA.settings)!)
  }

  // MARK: Principals

  @discardableResult
  func user(
    _ name: String, _ kinds: [Grant.Kind] = [.role(.caseworker)], in mailbox: MailboxID? = mailbox,
    of organisation: ParticipantID = organisation, from start: Date = .now - day, until end: Date? = nil
  ) async throws -> String {
    let id = try UserID(name)
    try await service.relay.write { db in
      if try UserTable.fetch(id, in: db) == nil {
        let user = User(
          id: id, name: "Handläggare", participant: mailbox?.participant ?? organisation, created: .now - Self.day,
          ended: nil)
        try UserTable.add(user, in: db)
        try UserSecretTable.set([UInt8](repeating: 7, count: 32), of: id, at: .now - Self.day, in: db)
      }
      for kind in kinds {
        let grant = NewGrant(
          holder: .user(id), kind: kind, participant: mailbox?.participant ?? organisation, mailbox: mailbox?.address,
          start: start, end: end)
        try GrantTable.add(grant, in: db)
      }
    }
    return try await responder.relay.authority.token(for: id, at: .now)
  }

  @discardableResult
  func client(
    _ name: String, _ scopes: Set<ClientScope> = Set(ClientScope.allCases), _ kinds: [Grant.Kind] = [.acting],
    in mailbox: MailboxID = mailbox, from start: Date = .now - day, until end: Date? = nil
  ) async throws -> String {
    let client = Client(
      id: try ClientID(name), name: "Ärendesystem", participant: mailbox.participant, scopes: scopes,
      credential: ClientCredential.newSecret().credential, created: .now, revoked: nil)
    try await service.relay.write { db in
      if try ClientTable.fetch(client.id, in: db) == nil { try ClientTable.add(client, in: db) }
      for kind in kinds {
        let grant = NewGrant(
          holder: .client(client.id), kind: kind, participant: mailbox.participant, mailbox: mailbox.address,
          start: start, end: end)
        try GrantTable.add(grant, in: db)
      }
    }
    return try await responder.relay.authority.token(for: client, scopes: scopes, at: .now)
  }

  // MARK: Messages

  struct Plan: Sendable {
    var mailbox = RelayKit.mailbox
    var direction = MessageDirection.incoming
    var conversation = MessageID(UUID().uuidString)!
    var marker = "vanlig"
    var fileName: String?
    var isProtected = false
    var isTaken = false
    /// Besides one of the marker.
    var references: [Draft.Reference] = []
  }

  /// Puts in a message as one that arrives.
  func deliver(_ change: (inout Plan) -> Void) async throws -> StoredMessage {
    var plan = Plan()
    change(&plan)
    let new = try plan.message(in: service)
    return try await service.relay.write { [relay = service.relay] db in
      let row = try MessageTable.insert(new, now: .now, event: "test", in: db)
      guard let message = try MessageTable.fetch(row, in: db) else { throw MessageProblem.notFound }
      try relay.inbox?.deliver(message, in: db)
      return message
    }
  }

  /// Puts in a message whose every text carries the marker, with one attachment.
  @discardableResult
  func put(_ change: (inout Plan) -> Void = { _ in }) async throws -> StoredMessage {
    var plan = Plan()
    change(&plan)
    let new = try plan.message(in: service)
    return try await service.relay.write { [plan] db in
      let row = try MessageTable.insert(new, now: .now, event: "test", in: db)
      guard let message = try MessageTable.fetch(row, in: db) else { throw MessageProblem.notFound }
      try MessageRecordTable.insert(message, in: db)
      if plan.isProtected {
        try SearchIndex.remove(message, for: .mailbox, in: db)
        try SearchIndex.add(message, for: .protectedPersons, in: db)
        try ConversationTable.move(
          message, to: .protectedPersons, isUnhandled: message.direction == .incoming, in: db)
      }
      if plan.isTaken {
        _ = try MessageRecordTable.take(row, by: .service, at: .now, in: db)
      }
      return message
    }
  }

  /// Has the message be one of a case's.
  func link(_ message: StoredMessage) async throws {
    let number = KnownTestNumbers.publishedPersonnummer.prefix { !$0.isWhitespace }
    guard case .person(let person) = try IdentityReading(String(number), at: .now) else { return }
    try await service.relay.write { db in
      let tenant = message.participant
      let persons = PersonTable(tenant, try BridgeKey.open(in: db), in: db)
      let cases = CaseTable(tenant: tenant, db: db)
      let row = try cases.insert(
        of: persons.row(making: person, source: .core, at: .now), with: message.sender.id, opened: .now, at: .now)
      try cases.add(CaseReference(.system, of: .own, "zzcase-\(message.row)")!, to: row, at: .now)
      try CaseFeedTable.link(message, to: row, message.row, step: "person", at: .now, in: db)
    }
  }

  // MARK: Requests

  struct Answer: Equatable {
    let status: Int
    let headers: [String: String]
    let bytes: [UInt8]

    var text: String { String(decoding: bytes, as: UTF8.self) }
    var json: [String: Any] { (try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]) ?? [:] }
    func list(_ name: String) -> [[String: Any]] { json[name] as? [[String: Any]] ?? [] }
  }

  func response(
    _ method: String, _ path: String, token: String?, body: [UInt8]? = nil, headers: [String: String] = [:]
  ) async throws -> Response {
    var head = HTTPRequest(method: .init(method)!, scheme: "https", authority: "mt.example.se", path: path)
    if let token { head.headerFields[.authorization] = "Bearer \(token)" }
    if body != nil { head.headerFields[.contentType] = "application/json" }
    for (name, value) in headers { head.headerFields[.init(name)!] = value }
    let request = Request(head: head, body: RequestBody(buffer: ByteBuffer(bytes: body ?? [])))
    return try await responder.respond(to: request, context: ServiceContext(logger: .silent))
  }

  func ask(
    _ method: String, _ path: String, token: String?, body: [UInt8]? = nil, headers: [String: String] = [:]
  ) async throws -> Answer {
    let response = try await response(method, path, token: token, body: body, headers: headers)
    let writer = CollectingWriter()
    try await response.body.write(writer)
    let fields = Dictionary(response.headers.map { ($0.name.canonicalName, $0.value) }) { $1 }
    return Answer(status: response.status.code, headers: fields, bytes: writer.bytes)
  }

  func ask(_ method: String, _ path: String, token: String?, json: [String: Any]) async throws -> Answer {
    try await ask(method, path, token: token, body: Array(try JSONSerialization.data(withJSONObject: json)))
  }
}

/// Keeps what is written.
struct CollectingWriter: ResponseBodyWriter {
  private final class Box: Sendable {
    let bytes = Mutex<[UInt8]>([])
  }

  private let box = Box()

  var bytes: [UInt8] { box.bytes.withLock { $0 } }
  var text: String { String(decoding: bytes, as: UTF8.self) }

  func write(_ buffer: ByteBuffer) async throws {
    box.bytes.withLock { $0 += buffer.readableBytesView }
  }

  func finish(_ trailingHeaders: HTTPFields?) async throws {}
}

extension RelayKit.Plan {
  fileprivate func message(in service: MailboxService) throws -> NewMessage {
    let own = MessageParty(id: mailbox.participant, label: "Egen", mailbox: mailbox.address, mailboxLabel: nil)
    let other = MessageParty(
      id: RelayKit.counterparty, label: "Motparten", mailbox: try FunctionalAddress("sdk:registrator"),
      mailboxLabel: "Registratorn")
    let bytes = Array("bilaga \(marker)".utf8)
    let key = SealKey.random()
    let sealed = try SealedSpoolFile(in: service.relay.store.layout.messages(mailbox.participant), key: key)
    try sealed.write(bytes)
    try sealed.close()
    try sealed.keep()
    let file = StoredContent.File(
      name: fileName ?? "\(marker).pdf", contentType: "application/pdf", size: bytes.count, sha256: "ab",
      storedName: sealed.name)
    var content = StoredContent(
      subject: "Fråga \(marker)", isConfidential: false,
      references: [Draft.Reference(root: "dnr", value: marker, label: marker)] + references, returnedReferences: [],
      documents: [StoredContent.Document(id: "1", texts: ["Text \(marker)"], files: [file])])
    content.senderPersons = [StoredContent.Person(label: marker)]
    let isIncoming = direction == .incoming
    return NewMessage(
      participant: mailbox.participant, direction: direction, id: MessageID(UUID().uuidString)!,
      status: isIncoming ? .new : .accepted, created: .now, conversationID: conversation, refToMessageID: nil,
      sender: isIncoming ? other : own, recipient: isIncoming ? own : other, content: content, key: key)
  }
}

extension Logger {
  static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

extension StoredMessage {
  var place: MailboxID { MailboxID(participant, ownMailbox!) }
}
