import Foundation

/// What an operator does about messages that were set aside. The node may run meanwhile.
extension Relay {
  /// What is set aside, oldest first.
  public func setAsideItems(limit: Int = 1_000) throws -> [SetAsideItem] {
    try store.read { db in try SetAsideTable.items(limit: limit, in: db) }
  }

  /// Gives an item back to work, as if it had never been tried.
  /// - Throws: ``SetAsideProblem``, or the store's error.
  public func release(setAside number: Int64) async throws {
    let lane = try await lane(ofReceipt: number)
    try await store.write { db in try SetAsideTable.release(number, lane: lane, now: Date(), in: db) }
    doorbell.ring()
  }

  /// Takes an item off the list for good; a received message is never read then.
  /// - Throws: ``SetAsideProblem``, or the store's error.
  public func dismiss(setAside number: Int64) async throws {
    try await store.write { db in try SetAsideTable.dismiss(number, now: Date(), in: db) }
  }

  private func lane(ofReceipt number: Int64) async throws -> String {
    let item = try store.read { db in try SetAsideTable.item(number, in: db) }
    guard let counterpart = item?.counterpart else { return Lane.send(to: nil, size: 0) }
    let destination = try? await directory.destination(of: counterpart, for: DocumentID.receipt().value)
    return Lane.send(to: destination?.url, size: 0)
  }
}
