import Foundation
import SDKRelay
import Testbed
import XMLSecurity

/// Two nodes, each in a process of its own, with real TLS, disks and receipts: what a message costs from `submit` to
/// ACCEPTED, and how much memory both nodes take.
struct WholePath {
  private let federation: TestFederation
  private let folder: URL
  private let sender: NodeProcess
  private let receiver: NodeProcess
  private let relay: Relay
  /// CPU seconds that this process spent on submitting; what it spends on waiting is not the messages' cost.
  private var submitting = 0.0

  init(folder: URL) async throws {
    self.folder = folder
    var options = TestFederation.Options()
    options.furtherSettings = "limits:\n  outgoing: 150 MiB\n  incoming: 150 MiB\n  envelope: 250 MB\n"
    federation = try TestFederation.create(in: folder.appending(path: "federation"), options: options)
    let binary = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    sender = try NodeProcess(binary: binary, node: federation.nodeA)
    receiver = try NodeProcess(binary: binary, node: federation.nodeB)
    try await sender.waitUntilReady()
    try await receiver.waitUntilReady()
    relay = try Relay.open(NodeSettings(file: federation.nodeA.settings))
  }

  func stop() async throws {
    try await sender.stop()
    try await receiver.stop()
  }

  /// What one message of a size costs.
  struct Result {
    /// CPU of both nodes and the submitting process, seconds a message.
    let cpu: Double
    /// From `submit` to ACCEPTED, the median, in seconds.
    let latency: Double
    /// Peak resident memory of each node, in MB.
    let senderPeak: Double
    let receiverPeak: Double
  }

  /// Sends messages one after the other, or all at once.
  mutating func send(attachment size: Int, count: Int, atOnce: Bool = false) async throws -> Result {
    let file = folder.appending(path: "whole-path.pdf")
    try Data(Array("%PDF-1.4\n".utf8) + randomBytes(size)).write(to: file)
    let nodes = [sender, receiver].map { ProcessFigures(id: $0.processIdentifier) }
    for node in nodes { node.resetPeak() }
    let before = nodes.map(\.processorTime).reduce(0, +)
    submitting = 0
    var latencies: [Double] = []
    if atOnce {
      let start = ContinuousClock.now
      var ids: [MessageID] = []
      for _ in 0..<count { ids.append(try await submit(file)) }
      for id in ids { try await waitUntilAccepted(id) }
      latencies = [(ContinuousClock.now - start) / .seconds(1)]
    } else {
      for _ in 0..<count {
        let start = ContinuousClock.now
        try await waitUntilAccepted(try await submit(file))
        latencies.append((ContinuousClock.now - start) / .seconds(1))
      }
    }
    let cpu = nodes.map(\.processorTime).reduce(0, +) + submitting - before
    return Result(
      cpu: cpu / Double(count), latency: median(latencies), senderPeak: nodes[0].peakMegabytes,
      receiverPeak: nodes[1].peakMegabytes)
  }

  private mutating func submit(_ file: URL) async throws -> MessageID {
    let start = processorTime()
    defer { submitting += processorTime() - start }
    return try await relay.submit(draft(file))
  }

  private func draft(_ file: URL) throws -> Draft {
    func mailbox(_ organisation: TestOrganisation) throws -> Draft.Mailbox {
      Draft.Mailbox(
        try ParticipantID(organisation.id), try FunctionalAddress(organisation.mailboxes[0].address))
    }
    return Draft(
      from: try mailbox(federation.nodeA.organisation), to: try mailbox(federation.nodeB.organisation),
      subject: "Benchmark", text: "Text",
      attachments: [Draft.Attachment(file, name: "plan.pdf", contentType: "application/pdf")])
  }

  private func waitUntilAccepted(_ id: MessageID) async throws {
    let end = ContinuousClock.now + .seconds(300)
    while true {
      let status = try relay.message(id).first?.status
      if status == .accepted { return }
      guard status?.isFinal != true, ContinuousClock.now < end else { throw Steps.Failure(step: "whole path") }
      try await Task.sleep(for: .milliseconds(10))
    }
  }
}
