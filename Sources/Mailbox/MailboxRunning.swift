import Logging
import SDKRelay

extension MailboxService {
  /// Runs the relay, and takes agreements anew when their folder changes, and sends notifications, until the relay ends: after a graceful
  /// shutdown, cancellation, or what ``Relay/run(onListening:)`` throws.
  /// - Parameter onListening: told the port once the endpoint takes connections.
  public func run(onListening: @escaping @Sendable (Int) async -> Void = { _ in }) async throws {
    try await withThrowingTaskGroup(of: Bool.self) { group in
      let (started, start) = AsyncStream.makeStream(of: Void.self)
      group.addTask { [relay] in
        try await relay.run { port in
          start.finish()
          await onListening(port)
        }
        return true
      }
      group.addTask {
        // Not before this is the process that runs: two would tell people twice.
        for await _ in started {}
        await Notifier(relay: self.relay, settings: self.notifications, logger: self.logger).run()
        return false
      }
      group.addTask {
        await self.watchAgreements()
        return false
      }
      group.addTask {
        await self.upkeep()
        return false
      }
      defer { group.cancelAll() }
      while let isOver = try await group.next() {
        if isOver { break }
      }
    }
  }

  private func watchAgreements() async {
    while agreements != nil, !Task.isCancelled {
      await renewAgreements()
      try? await Task.sleep(for: AgreementWatch.glance)
    }
  }

  /// Takes the agreements anew where their folder has changed, and tells the log and the event list.
  func renewAgreements() async {
    guard let news = agreements?.look() else { return }
    if !news.isAlarm { logger.notice("\(news)") }
    do {
      try await relay.record("\(news)", isAlarm: news.isAlarm)
    } catch {
      logger.error("an event cannot be written", metadata: ["reason": "\(error)", "event": "\(news)"])
    }
  }
}
