import Logging
import Mailbox
import SDKRelay

extension Bridge {
  /// Runs the message service and, once it runs, what the bridge does by itself, until the message service ends
  /// (``MailboxService/run(onListening:)``).
  /// - Parameter onListening: told the port once the endpoint takes connections.
  public func run(onListening: @escaping @Sendable (Int) async -> Void = { _ in }) async throws {
    try await withThrowingTaskGroup(of: Bool.self) { group in
      let (started, start) = AsyncStream.makeStream(of: Void.self)
      group.addTask { [mailbox] in
        try await mailbox.run { port in
          start.finish()
          await onListening(port)
        }
        return true
      }
      group.addTask {
        // Not before this is the process that runs: two would tell case systems twice.
        for await _ in started {}
        await self.work()
        return false
      }
      defer { group.cancelAll() }
      while let isOver = try await group.next() {
        if isOver { break }
      }
    }
  }

  private func work() async {
    await withTaskGroup(of: Void.self) { group in
      for hook in settings.caseSystems {
        group.addTask { await CaseHookWorker(bridge: self, hook: hook).run() }
      }
      if settings.isInUse { group.addTask { await self.keepUp() } }
      if let register = populationRegister() {
        group.addTask { await ProtectionWatch(bridge: self, register: register).run() }
      }
      if let follower = coreFollower() { group.addTask { await follower.run() } }
    }
  }

  /// Nil where nobody is asked.
  private func populationRegister() -> (any PopulationRegister)? {
    do {
      return try settings.populationRegister?.register()
    } catch {
      logger.error("the population register cannot be asked", metadata: ["reason": "\(error)"])
      return nil
    }
  }

  /// Nil where the node has no client of the structured core.
  private func coreFollower() -> CoreFollower? {
    guard let core = settings.core else { return nil }
    do {
      let client = try CoreClient(core)
      return CoreFollower(
        core: client, settings: core, relay: mailbox.relay, sink: RegisterSink(bridge: self), logger: logger,
        availability: { client.availability })
    } catch {
      logger.error("the structured core cannot be reached", metadata: ["reason": "\(error)"])
      return nil
    }
  }
}
