import NIOCore
import Synchronization

/// The endpoint's open connections: a limited number for each network address (threats.md T5).
final class OpenConnections: Sendable {
  private struct State {
    var counts: [String: Int] = [:]
    var channels: [ObjectIdentifier: any Channel] = [:]
  }

  private let limit: Int
  private let state = Mutex(State())

  init(limit: Int) {
    self.limit = limit
  }

  /// Counts one more until it closes; false, and not counted, when the address has its share already.
  func enter(_ channel: any Channel, from address: String) -> Bool {
    let isWelcome = state.withLock { state in
      guard state.counts[address, default: 0] < limit else { return false }
      state.counts[address, default: 0] += 1
      state.channels[ObjectIdentifier(channel)] = channel
      return true
    }
    guard isWelcome else { return false }
    channel.closeFuture.whenComplete { [self] _ in leave(channel, from: address) }
    return true
  }

  /// Cuts every connection, whatever it is doing.
  func closeAll() {
    let channels = state.withLock { Array($0.channels.values) }
    for channel in channels { channel.close(mode: .all, promise: nil) }
  }

  private func leave(_ channel: any Channel, from address: String) {
    state.withLock { state in
      let rest = state.counts[address, default: 1] - 1
      state.counts[address] = rest > 0 ? rest : nil
      state.channels[ObjectIdentifier(channel)] = nil
    }
  }
}
