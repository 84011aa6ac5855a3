import Foundation
import GRDB
import Logging
public import ServiceLifecycle
import XMLSecurity

extension Relay: Service {
  /// Starts the endpoint, the workers and the janitor and returns after a graceful shutdown or cancellation.
  ///
  /// Throws when another process runs on the same data folder, ``ListenProblem`` when the endpoint cannot listen, and
  /// when a sync to disk has failed: the process must then end, and a restart reads what the disk really holds.
  public func run() async throws {
    try await run { _ in }
  }

  /// - Parameter onListening: told the port once the endpoint takes connections.
  public func run(onListening: @escaping @Sendable (Int) async -> Void) async throws {
    let lock = try ServeLock(store.layout.lock)
    defer { withExtendedLifetime(lock) {} }
    try store.checkWhole()
    let janitor = Janitor(
      store: store, participants: settings.participants.map(\.id), duplicateWindow: settings.delivery.duplicateWindow,
      logger: logger)
    janitor.clearIncoming()
    let node = try await RunningNode(self)
    doorbell.connect { node.dispatcher.call() }
    defer { doorbell.disconnect() }
    defer { pulse.stop() }
    do {
      try await serve(node, janitor, onListening)
    } catch {
      await node.client.shutdown()
      throw ListenProblem(error, at: settings.server) ?? error
    }
    await node.client.shutdown()
  }

  /// Whatever part ends first ends the others: a node that only half works must not look alive. Told to stop, the node
  /// ends with its endpoint, which takes no new requests and answers the running ones.
  private func serve(
    _ node: RunningNode, _ janitor: Janitor, _ onListening: @escaping @Sendable (Int) async -> Void
  ) async throws {
    let endpoint = node.endpoint
    let alarms = AlarmLog(store: store, logger: logger)
    let scanner = MalwareWatch(scanner: scan.scanner, store: store, logger: logger, mayGoOn: node.dispatcher.call)
    let remains = PlainRemains(store: store, work: work, logger: logger)
    let clock = ClockWatch(
      store: store, longestWait: max(settings.delivery.retry.period, Dispatcher.longestPatience), logger: logger)
    try await withThrowingTaskGroup(of: Bool.self) { [logger] group in
      group.addTask {
        try await endpoint.run()
        return true
      }
      group.addTask {
        await onListening(try await endpoint.port)
        return false
      }
      group.addTask {
        try await Self.untilShutdown { try await node.dispatcher.run() }
      }
      group.addTask {
        try await Self.untilShutdown { try await janitor.run() }
      }
      group.addTask {
        try await Self.untilShutdown { try await alarms.run() }
      }
      group.addTask {
        try await Self.untilShutdown { try await node.revocation.run() }
      }
      group.addTask {
        try await Self.untilShutdown { try await clock.run() }
      }
      group.addTask {
        try await Self.untilShutdown { try await scanner.run() }
      }
      group.addTask {
        try await untilPossible(logger) { try await remains.run() }
        return false
      }
      group.addTask {
        try await node.stop.wait()
        return true
      }
      defer { group.cancelAll() }
      while let hasEnded = try await group.next() {
        if hasEnded { break }
      }
      // Requests under way are answered before the rest is cancelled.
      try await endpoint.shutdown()
    }
  }

  /// Works until told to stop; false then, true when it ended by itself.
  private static func untilShutdown(_ work: @Sendable @escaping () async throws -> Void) async throws -> Bool {
    do {
      try await cancelWhenGracefulShutdown(work)
    } catch is CancellationError where Task.isShuttingDownGracefully {
      return false
    }
    return !Task.isShuttingDownGracefully
  }
}

/// What runs between the start and the end of `run`.
struct RunningNode: Sendable {
  let endpoint: AS4Endpoint
  let client: AS4Client
  let dispatcher: Dispatcher
  let revocation: RevocationWatch
  let stop = StopSignal()

  init(_ relay: Relay) async throws {
    let settings = relay.settings
    let (store, work, logger) = (relay.store, relay.work, relay.logger)
    let accessPointTrust = try settings.accessPoint.trust.store()
    let organisationTrust = try settings.envelopes.store()
    revocation = RevocationWatch(
      WatchedList.all(of: settings.accessPoint.trust, in: accessPointTrust)
        + WatchedList.all(of: settings.envelopes, in: organisationTrust),
      store: store, work: work, logger: logger)
    let mode = settings.mode
    client = AS4Client(settings.client)
    let sealing = Sealing(settings: settings, store: store, work: work, mode: mode)
    let ring: @Sendable () -> Void = { [doorbell = relay.doorbell] in doorbell.ring() }
    let checks = OpenChecks(
      settings: settings, directory: relay.directory, store: store, trust: organisationTrust, work: work,
      scan: relay.scan)
    dispatcher = Dispatcher(
      store: store,
      gate: LaneGate(
        perDestination: settings.delivery.perDestination,
        opening: max(2, ProcessInfo.processInfo.activeProcessorCount)),
      workers: [
        .send: SendWorker(
          store: store, sealing: sealing, directory: relay.directory, client: client,
          trust: DestinationTrust(accessPoints: accessPointTrust, organisations: organisationTrust),
          delivery: settings.delivery, inbox: relay.inbox, measures: relay.measures, logger: logger),
        .open: OpenWorker(
          settings: settings, directory: relay.directory, store: store, checks: checks,
          receipts: ReceiptSealing(settings: settings, work: work), inbox: relay.inbox, work: work, logger: logger,
          queued: ring),
        .receiptClock: ClockWorker(
          store: store, clock: settings.delivery.receipt, inbox: relay.inbox, logger: logger),
      ],
      pulse: relay.pulse, logger: logger)
    var limits = AS4Limits()
    limits.payload = settings.limits.envelope
    let receiver = Receiver(
      store: store,
      policy: AS4Receiver(
        identities: [settings.accessPoint.identity], trust: accessPointTrust,
        knownCertificates: try await relay.directory.accessPointCertificates(), mode: mode, limits: limits),
      signer: settings.accessPoint.identity,
      served: ServedDocuments(
        participants: settings.participants.map(\.id), models: settings.federation.transportModels),
      work: work, room: DiskRoom(folder: settings.data, reserve: settings.limits.reserve), stop: stop, logger: logger,
      measures: relay.measures, received: ring)
    endpoint = try AS4Endpoint(settings.server, handler: receiver, logger: logger)
  }
}

extension NodeSettings {
  /// The processing mode these settings amount to.
  var mode: ProcessingMode {
    var mode = ProcessingMode.federation
    mode.signatureKeyReference = accessPoint.signingKeyReference
    mode.encryptionKeyReference = accessPoint.encryptionKeyReference
    mode.compresses = accessPoint.compress
    mode.duplicateWindow = delivery.duplicateWindow
    return mode
  }
}

extension NodeSettings.Trust {
  func store() throws -> TrustStore {
    try TrustStore(anchors: authorities, revocationLists: revocationLists.map(\.bytes))
  }
}

extension Federation {
  /// SDK uses the extended model only; the open test federation both (SDK digest §1).
  var transportModels: Set<TransportModel> { self == .sdk ? [.extended] : [.base, .extended] }
}
