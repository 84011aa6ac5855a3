import Foundation
import Logging
import Synchronization
import XMLSecurity

@testable import SDKRelay

/// Keys and certificates of a small federation, made once for all tests.
struct TestKeys: Sendable {
  let accessPointCA: CertificateAuthority
  let organisationCA: CertificateAuthority
  let accessPoints: [Identity]
  let organisations: [Identity]

  static let shared: Result<TestKeys, any Error> = Result { try TestKeys() }

  private init() throws {
    accessPointCA = try CertificateAuthority.root("Accesspunkt CA TEST", bits: 2048)
    organisationCA = try CertificateAuthority.root("O2O CA TEST", bits: 2048)
    accessPoints = try ["AP9001-TEST", "AP9002-TEST"].map { [accessPointCA] in try Self.issue($0, accessPointCA) }
    organisations = try ["a.example.se", "b.example.se", "c.example.se"].map { [organisationCA] in
      try Self.issue($0, organisationCA)
    }
  }

  static func issue(_ name: String, _ authority: CertificateAuthority) throws -> Identity {
    let request = CertificateRequest(subject: [("C", "SE"), ("O", "Test"), ("CN", name)])
    return try authority.issue(request, key: PrivateKey.generate(bits: 2048))
  }
}

/// An organisation of the tests: `0203:a.example.se` with mailbox `sdk:box:0203:a.example.se`.
struct TestOrganization: Sendable {
  let id: ParticipantID
  let box: FunctionalAddress
  let identity: Identity

  init(_ letter: String, _ identity: Identity) throws {
    id = try ParticipantID("0203:\(letter).example.se")
    box = try FunctionalAddress("sdk:box:0203:\(letter).example.se")
    self.identity = identity
  }

  /// The same with another mailbox.
  init(_ other: TestOrganization, box: FunctionalAddress) {
    (id, self.box, identity) = (other.id, box, other.identity)
  }

  var mailbox: Draft.Mailbox { Draft.Mailbox(id, box) }
}

/// A directory that tests change as they go.
final class TestDirectory: Directory {
  struct Entry: Sendable {
    var url: URL
    var accessPoint: Certificate
    var organization: TestOrganization
  }

  private let entries = Mutex<[ParticipantID: Entry]>([:])
  let isDown = Mutex(false)

  func set(_ entry: Entry) { entries.withLock { $0[entry.organization.id] = entry } }
  func remove(_ id: ParticipantID) { entries.withLock { $0[id] = nil } }

  private func entry(_ id: ParticipantID) throws(DirectoryProblem) -> Entry {
    guard !isDown.withLock({ $0 }) else { throw .unavailable("down") }
    guard let entry = entries.withLock({ $0[id] }) else { throw .unknown(id) }
    return entry
  }

  func destination(of id: ParticipantID, for documentType: String) throws(DirectoryProblem) -> Destination {
    let entry = try entry(id)
    return Destination(
      url: entry.url, accessPoint: entry.accessPoint, encryption: [entry.organization.identity.certificate])
  }

  func signingCertificates(of id: ParticipantID) throws(DirectoryProblem) -> [Certificate] {
    [try entry(id).organization.identity.certificate]
  }

  func organization(_ id: ParticipantID) throws(DirectoryProblem) -> Organization {
    let entry = try entry(id)
    return Organization(
      id: entry.organization.id, label: "Test \(id.value)",
      mailboxes: [FunctionalMailbox(address: entry.organization.box, label: "Inkorg")])
  }

  func organizations() throws(DirectoryProblem) -> [Organization] { [] }
  func accessPointCertificates() throws(DirectoryProblem) -> [Certificate] {
    entries.withLock { $0.values.map(\.accessPoint) }
  }
}

/// One node in this process: plain HTTP on loopback, everything else as in earnest.
final class TestNode: Sendable {
  let settings: NodeSettings
  let relay: Relay
  let log = CapturedLog()
  let port = Mutex<Int?>(nil)
  private let task = Mutex<Task<Void, any Error>?>(nil)

  init(_ settings: NodeSettings, _ directory: TestDirectory, inbox: (any Inbox)? = nil) throws {
    self.settings = settings
    relay = try Relay.open(settings, directory: directory, inbox: inbox, logger: log.logger)
  }

  func start() async throws {
    let relay = relay
    let running = Task { try await relay.run { port in self.port.withLock { $0 = port } } }
    task.withLock { $0 = running }
    for _ in 0..<500 {
      if port.withLock({ $0 }) != nil { return }
      try await Task.sleep(for: .milliseconds(10))
    }
    running.cancel()
    try await running.value
  }

  func stop() async {
    let running = task.withLock { $0 }
    running?.cancel()
    _ = await running?.result
    port.withLock { $0 = nil }
  }

  var url: URL { URL(string: "http://127.0.0.1:\(port.withLock { $0 } ?? 9)/as4") ?? settings.data }

  func message(_ id: MessageID, _ direction: MessageDirection) throws -> StoredMessage? {
    try relay.message(id).first { $0.direction == direction }
  }

  /// Waits until the message has the status.
  func wait(
    _ id: MessageID, _ direction: MessageDirection, for status: MessageStatus, seconds: Double = 20
  ) async throws -> StoredMessage? {
    let end = Date().addingTimeInterval(seconds)
    while Date() < end {
      if let message = try message(id, direction), message.status == status { return message }
      try await Task.sleep(for: .milliseconds(20))
    }
    return try message(id, direction)
  }

  /// The node's events as text, alarms marked.
  func events() throws -> [String] {
    try relay.events(after: 0, limit: 1_000).map { ($0.isAlarm ? "! " : "") + $0.text }
  }

  func waitForEvent(_ text: String, seconds: Double = 20) async throws -> Bool {
    let end = Date().addingTimeInterval(seconds)
    while Date() < end {
      if try events().contains(where: { $0.contains(text) }) { return true }
      try await Task.sleep(for: .milliseconds(20))
    }
    return false
  }
}

/// Two nodes: node 0 serves organisations a (and c), node 1 serves b.
final class TestNet: Sendable {
  let folder: URL
  let directory = TestDirectory()
  let a: TestOrganization
  let b: TestOrganization
  let c: TestOrganization
  let nodes: [TestNode]
  let keys: TestKeys

  /// - Parameters:
  ///   - inbox: behind node 1.
  ///   - senderInbox: behind node 0.
  init(
    change: (inout NodeSettings) -> Void = { _ in }, inbox: (any Inbox)? = nil, senderInbox: (any Inbox)? = nil
  ) throws {
    keys = try TestKeys.shared.get()
    folder = FileManager.default.temporaryDirectory.appending(path: "sdk-relay-\(UUID().uuidString)")
    a = try TestOrganization("a", keys.organisations[0])
    b = try TestOrganization("b", keys.organisations[1])
    c = try TestOrganization("c", keys.organisations[2])
    var nodes: [TestNode] = []
    for (index, served) in [[a, c], [b]].enumerated() {
      var settings = NodeSettings(
        federation: .test, data: folder.appending(path: "node\(index)"), directoryFile: folder,
        accessPoint: NodeSettings.AccessPoint(
          identity: keys.accessPoints[index],
          trust: NodeSettings.Trust(authorities: [keys.accessPointCA.identity.certificate])),
        server: AS4EndpointSettings(host: "127.0.0.1", port: 0, security: .plain),
        client: AS4ClientSettings(identity: nil, authorities: .system),
        envelopes: NodeSettings.Trust(authorities: [keys.organisationCA.identity.certificate]),
        participants: served.map {
          NodeSettings.Participant(id: $0.id, signing: $0.identity, encryption: [$0.identity])
        }, storage: .test)
      settings.client.addresses.allowsPlainLoopback = true
      settings.limits.reserve = 0
      settings.delivery.retry = RetrySchedule(retries: 4, period: .seconds(4))
      change(&settings)
      nodes.append(try TestNode(settings, directory, inbox: index == 1 ? inbox : senderInbox))
    }
    self.nodes = nodes
    publish()
  }

  deinit {
    try? FileManager.default.removeItem(at: folder)
  }

  /// Enters every organisation with its node's present address.
  func publish() {
    for (index, organization) in [(0, a), (0, c), (1, b)] {
      directory.set(
        TestDirectory.Entry(
          url: nodes[index].url, accessPoint: keys.accessPoints[index].certificate, organization: organization))
    }
  }

  /// Enters the organisation behind another access point.
  func publish(_ organization: TestOrganization, accessPoint: Certificate) {
    directory.set(TestDirectory.Entry(url: nodes[0].url, accessPoint: accessPoint, organization: organization))
  }

  func start(_ indices: [Int] = [0, 1]) async throws {
    for index in indices { try await nodes[index].start() }
    publish()
  }

  func stop() async {
    for node in nodes { await node.stop() }
  }

  /// The AS4 messages that a node still has to send.
  func wireFiles(_ node: Int, _ participant: ParticipantID) throws -> [URL] {
    let spool = try nodes[node].relay.store.layout.sealed(participant)
    return spool.names().filter { $0.hasSuffix(".as4") }.map(spool.url)
  }

  func draft(_ subject: String = "Ansökan", text: String? = "# Hej\n\nText.", attachments: [Draft.Attachment] = [])
    -> Draft
  {
    Draft(from: a.mailbox, to: b.mailbox, subject: subject, text: text, attachments: attachments)
  }

  func file(_ bytes: [UInt8], _ name: String = "bilaga.pdf") throws -> Draft.Attachment {
    let url = folder.appending(path: UUID().uuidString)
    try Data(bytes).write(to: url)
    return Draft.Attachment(url, name: name, contentType: "application/pdf")
  }
}

/// Runs the body with both nodes up and takes them down afterwards.
func withNet(
  change: (inout NodeSettings) -> Void = { _ in }, inbox: (any Inbox)? = nil, senderInbox: (any Inbox)? = nil,
  running: [Int] = [0, 1], _ body: (TestNet) async throws -> Void
) async throws {
  let net = try TestNet(change: change, inbox: inbox, senderInbox: senderInbox)
  try await net.start(running)
  do {
    try await body(net)
  } catch {
    await net.stop()
    throw error
  }
  await net.stop()
}

/// Waits up to ten seconds for what follows a commit soon, such as the removal of a file.
func eventually(_ isTrue: () throws -> Bool) async throws -> Bool {
  for _ in 0..<500 {
    if try isTrue() { return true }
    try await Task.sleep(for: .milliseconds(20))
  }
  return false
}

extension StorageKeys {
  /// What tests keep their messages with.
  static let test = StorageKeys.temporary()
}

extension Store {
  convenience init(folder: URL, inbox: (any Inbox)? = nil) throws(StoreProblem) {
    try self.init(folder: folder, keys: .test, inbox: inbox)
  }
}
