public import Foundation
import GRDB
import Mailbox
import SDKRelay

/// Who takes the facts that the follower brings.
public protocol FactSink: Sendable {
  /// Returns once they are durable; whatever is thrown, they come again.
  /// - Parameter head: what the answer's head said of them; nil for what comes from no answer.
  func take(_ facts: [StructuredFact], head: CoreHead?) async throws
}

/// The bridge's register. What it refuses is told operators by reason; it is not asked for again.
struct RegisterSink: FactSink {
  let bridge: Bridge
  var now: @Sendable () -> Date = { .now }

  func take(_ facts: [StructuredFact], head: CoreHead?) async throws {
    var reasons: [FactProblem: Int] = [:]
    for result in try await bridge.take(facts.map { $0.classified(head?.confidentiality) }, at: now()) {
      guard case .failure(let problem) = result else { continue }
      reasons[problem, default: 0] += 1
    }
    // That somebody's number changes is news only where the person is known.
    reasons[.unknownPerson] = nil
    guard !reasons.isEmpty else { return }
    let counts = reasons.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.value) × \($0.key.rawValue)" }
    let call = head.map { " in call \($0.tracking.uuidString.lowercased())" } ?? ""
    try await bridge.mailbox.relay.record(
      "facts of the structured core were refused\(call): \(counts.joined(separator: ", "))", isAlarm: true)
  }
}

extension StructuredFact {
  /// The same with the class of the information that it came with.
  func classified(_ confidentiality: Int?) -> StructuredFact {
    guard case .eventObserved(var event) = self else { return self }
    event.confidentiality = confidentiality
    return .eventObserved(event)
  }
}
