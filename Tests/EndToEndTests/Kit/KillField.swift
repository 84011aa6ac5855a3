import Foundation
import Testbed
import Testing
import XMLSecurity

@testable import SDKRelay

/// Two real nodes that are killed and restarted, and what must hold whatever happened to them (threats.md, invariants).
final class KillField {
  let federation: TestFederation
  /// The two nodes' stores, read while the nodes live and die.
  let relays: [Relay]
  private var processes: [NodeProcess?] = [nil, nil]
  private let folder: TemporaryFolder
  /// Stands in every text and attachment: what is found outside the message store leaked.
  static let marker = "hemligt-märke-4711-klartext"

  /// - Parameter furtherSettings: further lines of both nodes' settings.
  init(furtherSettings: String = "") throws {
    folder = try TemporaryFolder()
    var options = TestFederation.Options()
    options.keySizes = .quick
    // Quick repetitions, and enough of them for a node that has to be started anew.
    options.furtherSettings = "delivery:\n  retries: 9\n  retryPeriod: 40 s\n" + furtherSettings
    federation = try TestFederation.create(in: folder.url.appending(path: "federation"), options: options)
    relays = try federation.nodes.map { try Relay.open(NodeSettings(file: $0.settings)) }
    try FileManager.default.createDirectory(at: temporary, withIntermediateDirectories: true)
  }

  deinit {
    for process in processes { process?.kill() }
  }

  /// Where the nodes put temporary files, so that leaks there are found too.
  private var temporary: URL { folder.url.appending(path: "tmp") }

  // MARK: Nodes

  /// Starts a node, which dies at the kill point where one is given.
  /// - Parameter shell: the lines of a shell that become the node, with `$NODE` for the program.
  func start(
    _ index: Int, killedAt point: KillPoint? = nil, environment more: [String: String] = [:], by shell: String? = nil
  ) async throws {
    var environment = more
    environment["TMPDIR"] = temporary.path
    if let point { environment["SDKRELAY_KILL"] = "\(point.rawValue):1" }
    let process = try NodeProcess(
      binary: shell.map(launcher) ?? Sdkrelay.binary, node: federation.nodes[index], environment: environment)
    processes[index] = process
    try await process.waitUntilReady()
  }

  private func launcher(_ shell: String) throws -> URL {
    let file = folder.url.appending(path: "launch-\(randomUUID())")
    try Data("#!/bin/bash\nNODE='\(Sdkrelay.binary.path)'\n\(shell)\n".utf8).write(to: file)
    try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: file.path)
    return file
  }

  /// Gives a node that has not been started a listener for its health and figures.
  func addOperations(_ index: Int) throws {
    let file = federation.nodes[index].settings
    let settings = try String(contentsOf: file, encoding: .utf8)
    try Data("\(settings)operations:\n  port: \(freePorts(1)[0])\n".utf8).write(to: file)
  }

  /// The process of a node that was started.
  func process(_ index: Int) -> Int32? { processes[index]?.processIdentifier }

  func stop(_ index: Int) async throws { try await processes[index]?.stop() }

  func kill(_ index: Int) { processes[index]?.kill() }

  /// The address of the interface for case systems, as the node's log names it.
  func interface(_ index: Int) async throws -> String {
    let process = try #require(processes[index])
    let said = try await process.waitUntilSaid("MT–MK interface on ")
    return try #require(said.firstMatch(of: /MT–MK interface on (\S+)\/v1/)).output.1.description
  }

  /// Whether the node has died by itself in time.
  func hasDied(_ index: Int, within limit: Duration = .seconds(15)) async throws -> Bool {
    try await processes[index]?.waitUntilEnded(within: limit) ?? true
  }

  /// Where a node keeps what is not yet or not for long a file of its own.
  func incoming(_ index: Int) -> URL { federation.nodes[index].data.appending(path: "incoming") }

  // MARK: Messages

  /// A message from the first node's organisation to the second's, with an attachment.
  func draft(_ subject: String) throws -> Draft {
    let file = folder.url.appending(path: "\(subject).pdf")
    var document = PDFDocument(title: subject)
    document.add(heading: subject, paragraphs: [Self.marker])
    // Incompressible and large enough that the body leaves in several pieces.
    try Data(document.bytes() + randomBytes(300_000) + Array(Self.marker.utf8)).write(to: file)
    return try Draft(
      from: mailbox(federation.nodeA), to: mailbox(federation.nodeB), subject: subject, text: Self.marker,
      attachments: [Draft.Attachment(file, contentType: "application/pdf")])
  }

  private func mailbox(_ node: TestFederation.Node) throws -> Draft.Mailbox {
    Draft.Mailbox(
      try ParticipantID(node.organisation.id), try FunctionalAddress(node.organisation.mailboxes[0].address))
  }

  /// Waits until the sender has it ACCEPTED and the recipient NEW.
  func isDelivered(_ id: MessageID, within limit: Duration = .seconds(40)) async throws -> Bool {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
      let statuses = try relays.map { try $0.message(id).first?.status }
      if statuses == [.accepted, .new] { return true }
      try await Task.sleep(for: .milliseconds(20))
    }
    return false
  }

  /// Waits until the sender has it ACCEPTED.
  func isAccepted(_ id: MessageID, within limit: Duration = .seconds(20)) async throws -> Bool {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
      if try relays[0].message(id).first?.status == .accepted { return true }
      try await Task.sleep(for: .milliseconds(20))
    }
    return false
  }

  /// The messages on a node with the subject.
  func messages(_ subject: String, on index: Int) throws -> [StoredMessage] {
    try relays[index].messages(MessageFilter(limit: 10_000)).filter { $0.subject == subject }
  }

  // MARK: Invariants

  /// 1: both sides hold the whole proof; 2: delivered once and whole; 5: statuses only moved forward.
  func expectExactlyOnce(_ id: MessageID, _ subject: String, _ comment: Comment) async throws {
    let (sent, received) = (try messages(subject, on: 0), try messages(subject, on: 1))
    #expect(sent.map(\.id) == [id], comment)
    #expect(received.map(\.id) == [id], comment)
    for (relay, message) in zip(relays, sent + received) {
      let file = try #require(message.content.files.first, comment)
      let bytes = try relay.attachment(file, of: message).plain
      #expect(bytes.count == file.size && bytes.suffix(Self.marker.utf8.count) == Data(Self.marker.utf8), comment)
      let statuses = try relay.events(of: message).compactMap(\.status)
      for (former, next) in zip(statuses, statuses.dropFirst()) where former != next {
        #expect(former.allows(next), "\(comment): \(former) to \(next)")
      }
    }
    try await expectSameProof(sent + received, comment)
  }

  /// A message receipt may overtake the transport receipt, which comes when the message is sent again.
  private func expectSameProof(_ copies: [StoredMessage], _ comment: Comment) async throws {
    let end = ContinuousClock.now + .seconds(40)
    var proofs = try proofs(of: copies)
    while proofs.contains(where: { $0.count != 6 }), ContinuousClock.now < end {
      try await Task.sleep(for: .milliseconds(20))
      proofs = try self.proofs(of: copies)
    }
    #expect(proofs.map(\.count) == [6, 6], comment)
    #expect(proofs.first == proofs.last, comment)
  }

  private func proofs(of copies: [StoredMessage]) throws -> [[[UInt8]]] {
    try zip(relays, copies).map { relay, message in
      try relay.evidence(of: message).map { piece in
        let bytes = MemorySink()
        try piece.write(into: bytes)
        return bytes.bytes
      }
    }
  }

  /// 6: no file without its row; 7: no plain text outside the message store. The nodes must have ended; both are started
  /// once more with every file looking old, so that the janitor sees what a crash left behind.
  func expectNothingLeft() async throws {
    try Self.findPlainText(in: [federation.nodeA.folder, federation.nodeB.folder, temporary])
    for index in federation.nodes.indices {
      try age(federation.nodes[index].data)
      try await start(index)
      try await expectTidy(index)
      try await stop(index)
    }
  }

  /// Bytes whose last repetition is still due are needed; when it is over, they go too.
  private func expectTidy(_ index: Int) async throws {
    let end = ContinuousClock.now + .seconds(60)
    var left = try leftovers(index)
    while !left.isEmpty, ContinuousClock.now < end {
      try await Task.sleep(for: .milliseconds(100))
      left = try leftovers(index)
    }
    #expect(left.isEmpty, "files without a row on node \(index)")
  }

  /// Files being received or sent, attachments that belong to no message, and envelopes that prove nothing: those that
  /// are not some message's evidence. Every message here is delivered in the end, so that no other row keeps one.
  private func leftovers(_ index: Int) throws -> [String] {
    let data = federation.nodes[index].data
    let messages = try relays[index].messages(MessageFilter(limit: 10_000))
    let attachments = Set(messages.flatMap { $0.content.files.map(\.storedName) })
    let envelopes = Set(try messages.flatMap { try relays[index].evidence(of: $0) }.compactMap(\.sealedName))
    return Self.files(in: data).filter { url in
      let name = url.lastPathComponent
      return switch url.deletingLastPathComponent().lastPathComponent {
      case "incoming": true
      case "messages": !attachments.contains(name)
      case "sealed": !envelopes.contains(name)
      default: false
      }
    }.map { String($0.path.dropFirst(data.path.count)) }
  }

  private func age(_ folder: URL) throws {
    for file in Self.files(in: folder) where !file.lastPathComponent.hasPrefix("relay.sqlite") {
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSinceNow: -7_200)], ofItemAtPath: file.path)
    }
  }

  private static func findPlainText(in folders: [URL]) throws {
    for file in folders.flatMap(files) {
      guard let bytes = try? Data(contentsOf: file) else { continue }
      #expect(bytes.firstRange(of: Data(marker.utf8)) == nil, "plain text in \(file.lastPathComponent)")
    }
  }

  private static func files(in folder: URL) -> [URL] {
    let names = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.isRegularFileKey])
    return (names?.compactMap { $0 as? URL } ?? []).filter {
      (try? $0.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile) == true
    }
  }
}

extension StoredFile {
  /// All its plain bytes.
  var plain: Data {
    get throws {
      let sink = MemorySink()
      try write(into: sink)
      return Data(sink.bytes)
    }
  }
}

extension Evidence {
  fileprivate var sealedName: String? {
    if case .file(let file) = content { file.url.lastPathComponent } else { nil }
  }
}
