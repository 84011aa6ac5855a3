import Mailbox
import Synchronization

/// How much of one kind may go on at once, in all and for each principal.
final class Slots: Sendable {
  private let total: Int
  private let each: Int
  private let taken = Mutex<[String: Int]>([:])

  init(total: Int, each: Int) {
    self.total = total
    self.each = each
  }

  /// A place, which is given back when nobody holds it any more.
  final class Place: Sendable {
    private let giveBack: @Sendable () -> Void

    fileprivate init(_ giveBack: @escaping @Sendable () -> Void) { self.giveBack = giveBack }

    deinit { giveBack() }
  }

  /// - Throws: a ``Problem`` where all places are taken.
  func take(for principal: Principal) throws(Problem) -> Place {
    let key = "\(principal.kind) \(principal.name)"
    let isFree = taken.withLock { taken in
      guard taken.values.reduce(0, +) < total, taken[key, default: 0] < each else { return false }
      taken[key, default: 0] += 1
      return true
    }
    guard isFree else { throw .busy }
    return Place { [self] in taken.withLock { $0[key] = $0[key].flatMap { $0 > 1 ? $0 - 1 : nil } } }
  }
}
