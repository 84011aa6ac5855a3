import Foundation
import Mailbox
import SDKRelay
import Synchronization

/// Finds out how the node is, within a bound: whoever asks is answered although the database is busy or the disk full.
///
/// Each trial runs once at a time. Who asks while one hangs gets "late" after the bound, and the figures of the last
/// time that there were any.
final class OperationsProbe: Sendable {
  /// The longest that anything is waited for.
  static let patience = Duration.seconds(2)

  private let mailbox: MailboxService
  private let certificates: [NamedCertificate]
  private let commit: Bounded<Void>
  private let scan: Bounded<Bool>
  private let look: Bounded<ServiceFigures>
  private let lastFigures = Mutex<ServiceFigures?>(nil)

  init(_ mailbox: MailboxService, service: ServiceSettings?) {
    self.mailbox = mailbox
    certificates = NamedCertificate.all(of: mailbox.relay.settings, service: service)
    commit = Bounded { try await mailbox.relay.probe() }
    scan = Bounded { try await mailbox.relay.scannerVersion() != nil }
    look = Bounded { try mailbox.figures() }
  }

  func report(at now: Date = .now) async -> HealthReport {
    async let committed = commit.result(within: Self.patience)
    async let scanned = scan.result(within: Self.patience)
    let figures = await figures()
    let settings = mailbox.relay.settings
    var facts = HealthFacts(now: now)
    facts.database = Self.trial(await committed)
    facts.freeBytes = mailbox.relay.freeBytes
    facts.reserve = settings.limits.reserve
    facts.workers = mailbox.relay.workersSeen
    facts.newestEvent = figures?.relay.newestEvent
    facts.lastBackup = figures?.relay.lastBackup
    facts.scanner = settings.malware == nil ? .none : Self.trial(await scanned)
    facts.scannerHolds = settings.malware?.withoutAnswer != .deliver
    facts.certificates = certificates
    return facts.report
  }

  func metrics(at now: Date = .now) async -> String {
    let figures = await figures()
    return NodeMetrics(
      figures: figures, measures: mailbox.relay.measures.all, certificates: certificates,
      freeBytes: mailbox.relay.freeBytes, reserve: mailbox.relay.settings.limits.reserve, process: ProcessFigures(),
      now: now
    ).text
  }

  private func figures() async -> ServiceFigures? {
    guard case .success(let new)? = await look.result(within: Self.patience) else { return lastFigures.withLock { $0 } }
    lastFigures.withLock { $0 = new }
    return new
  }

  private static func trial<Value>(_ result: Result<Value, any Error>?) -> HealthFacts.Trial {
    switch result {
    case .success?: .done
    case .failure?: .failed
    case nil: .late
    }
  }
}

/// Work that is done once at a time, and waited for no longer than one wants.
actor Bounded<Value: Sendable> {
  private let work: @Sendable () async throws -> Value
  private var running: Task<Result<Value, any Error>, Never>?

  init(_ work: @escaping @Sendable () async throws -> Value) {
    self.work = work
  }

  /// What came of it, begun now or before; nil where it does not end in time, and goes on.
  func result(within limit: Duration) async -> Result<Value, any Error>? {
    let task = running ?? begin()
    let first = FirstOf<Result<Value, any Error>>()
    return await first.value { answer in
      Task { answer(await task.value) }
      Task {
        try? await Task.sleep(for: limit)
        answer(nil)
      }
    }
  }

  private func begin() -> Task<Result<Value, any Error>, Never> {
    let work = work
    let task = Task.detached {
      do {
        return Result<Value, any Error>.success(try await work())
      } catch {
        return .failure(error)
      }
    }
    running = task
    Task {
      _ = await task.value
      running = nil
    }
    return task
  }
}

/// The first answer of several, which need not wait for each other.
private final class FirstOf<Value: Sendable>: Sendable {
  private let waiting = Mutex<CheckedContinuation<Value?, Never>?>(nil)

  func value(_ begin: (@escaping @Sendable (Value?) -> Void) -> Void) async -> Value? {
    await withCheckedContinuation { continuation in
      waiting.withLock { $0 = continuation }
      begin { value in
        let first = self.waiting.withLock { waiting in
          defer { waiting = nil }
          return waiting
        }
        first?.resume(returning: value)
      }
    }
  }
}
