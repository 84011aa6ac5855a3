internal import Synchronization

/// Remembers a bounded number of values; the oldest go first.
package final class BoundedCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private struct State {
    var values: [Key: Value] = [:]
    var order: [Key] = []
  }
  private let limit: Int
  private let state = Mutex(State())

  package init(limit: Int) {
    self.limit = limit
  }

  package func value(for key: Key) -> Value? {
    state.withLock { $0.values[key] }
  }

  package func set(_ value: Value, for key: Key) {
    state.withLock { state in
      if state.values.updateValue(value, forKey: key) == nil { state.order.append(key) }
      guard state.order.count > limit else { return }
      // Half at a time, so that removing from the front costs little on average.
      for old in state.order.prefix(limit / 2) { state.values[old] = nil }
      state.order.removeFirst(limit / 2)
    }
  }
}
