import Dispatch
import Foundation
import Synchronization

/// Notices SIGINT and SIGTERM instead of dying of them, so that the demo can end its nodes first.
final class Interruption: Sendable {
  private let state = Mutex(false)
  /// Kept so that they go on watching; only their existence matters.
  private nonisolated(unsafe) let sources: [any DispatchSourceSignal]

  /// Whether one has come.
  var happened: Bool { state.withLock { $0 } }

  /// Does the work, or throws as soon as one has come.
  func ends<Value: Sendable>(_ work: @Sendable @escaping () async throws -> Value) async throws -> Value {
    try await firstOf(work) {
      while !self.happened { try await Task.sleep(for: .milliseconds(50)) }
      throw CommandProblem.couldNotRun("interrupted")
    }
  }

  init() {
    sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      return DispatchSource.makeSignalSource(signal: number)
    }
    for source in sources {
      source.setEventHandler { [weak self] in self?.state.withLock { $0 = true } }
      source.resume()
    }
  }
}

/// What the work gives, unless the watch throws before.
func firstOf<Value: Sendable>(
  _ work: @Sendable @escaping () async throws -> Value, _ watch: @Sendable @escaping () async throws -> Never
) async throws -> Value {
  try await withThrowingTaskGroup(of: Value.self) { group in
    group.addTask { try await work() }
    group.addTask { try await watch() }
    defer { group.cancelAll() }
    guard let value = try await group.next() else { throw CancellationError() }
    return value
  }
}
