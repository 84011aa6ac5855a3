import Synchronization

/// Counts open connections by network address (threats.md T5).
final class AddressCounter: Sendable {
  private let limit: Int
  private let counts = Mutex<[String: Int]>([:])

  init(limit: Int) {
    self.limit = limit
  }

  /// Counts one more; false, and not counted, when the address has its share already.
  func enter(_ address: String) -> Bool {
    counts.withLock { counts in
      guard counts[address, default: 0] < limit else { return false }
      counts[address, default: 0] += 1
      return true
    }
  }

  func leave(_ address: String) {
    counts.withLock { counts in
      let rest = counts[address, default: 1] - 1
      counts[address] = rest > 0 ? rest : nil
    }
  }
}
