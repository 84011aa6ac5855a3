public import Foundation

/// What a look at an evidence bundle has found.
public struct EvidenceReport: Sendable {
  /// One thing that has to hold.
  public struct Item: Hashable, Sendable {
    /// What it is about: `manifest signature`, `entry message/envelope.xml`.
    public let name: String
    /// Why it does not hold; nil when it does.
    public let problem: String?
    /// What was found where it holds: who signed.
    public let detail: String?
  }

  /// In the order in which they were looked at.
  public internal(set) var items: [Item] = []
  /// Pieces of a whole proof that the bundle does not have. What there is may hold all the same.
  public internal(set) var missing: [String] = []
  public internal(set) var messageID: String?
  public internal(set) var participant: String?
  /// `out` or `in`, as seen from the participant.
  public internal(set) var direction: String?
  public internal(set) var sender: String?
  public internal(set) var recipient: String?
  public internal(set) var exported: Date?
  /// The rule under which the message was culled before the export, as its keeper says: the exchange may be proven, and
  /// what was said is not.
  public internal(set) var culled: String?
  /// `ACCEPTED` or `REJECTED`, as the recipient's message receipt says.
  public internal(set) var answer: String?

  /// Whether everything that is there holds.
  public var holds: Bool { items.allSatisfy { $0.problem == nil } }

  /// Does a check. What it throws is the reason why it does not hold.
  /// - Returns: nil when it does not hold.
  @discardableResult
  mutating func check<Value>(
    _ name: String, detail: (Value) -> String? = { _ in nil }, _ work: () throws -> Value
  ) -> Value? {
    do {
      let value = try work()
      items.append(Item(name: name, problem: nil, detail: detail(value)))
      return value
    } catch let problem as UnreadableBundle {
      items.append(Item(name: name, problem: problem.description, detail: nil))
    } catch {
      items.append(Item(name: name, problem: "\(error)", detail: nil))
    }
    return nil
  }

  mutating func fail(_ name: String, _ problem: String) {
    items.append(Item(name: name, problem: problem, detail: nil))
  }
}

/// The file is no evidence bundle that can be read safely.
public struct UnreadableBundle: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String
}

/// Why something does not hold.
struct DoesNotHold: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}
