public import Foundation
import GRDB
public import Mailbox
public import SDKRelay

extension AuditAction {
  public static let takeFacts = AuditAction(rawValue: "facts.take")
}

/// Facts that another client of the structured interface tells of: posted in batches with a key, or loaded from a file.
///
/// Told by a technical client of the organisation with the scope `tellFacts`, or by whoever may `administer` it. What concerns
/// all organisations asks for all of them.
public struct FactFeed: Sendable {
  let bridge: Bridge

  public init(_ bridge: Bridge) { self.bridge = bridge }

  /// What became of one fact of a batch.
  public struct Item: Codable, Hashable, Sendable {
    public enum Result: String, Codable, Hashable, Sendable, CaseIterable { case taken, known, refused }

    public let result: Result
    /// The code of a refusal (``FactProblem``).
    public let reason: String?

    public var problem: FactProblem? { reason.flatMap(FactProblem.init) }

    init(_ outcome: Swift.Result<FactOutcome, FactProblem>) {
      switch outcome {
      case .success(.taken): (result, reason) = (.taken, nil)
      case .success(.known): (result, reason) = (.known, nil)
      case .failure(let problem): (result, reason) = (.refused, problem.rawValue)
      }
    }
  }

  /// Takes a batch posted under a key: all of it is well-formed, or none of it is taken. The register may still refuse single
  /// facts.
  /// - Returns: what became of each, in their order; the same as before where the batch came before.
  /// - Throws: ``FactBatchProblem``; ``AccessDenied``.
  package func take(
    _ documents: [JSONValue], key: FactKey, by principal: Principal, at now: Date = .now
  ) async throws -> [Item] {
    let facts = try Self.facts(documents, at: now)
    let body = [UInt8](try JSONEncoder.stable().encode(documents))
    let teller = "\(principal.kind) \(principal.name)"
    return try await bridge.mailbox.audited(record(principal, facts), at: now) { [bridge] _, db in
      try check(principal, facts, at: now, in: db)
      let digest = try BridgeKey.open(in: db).digest(of: body)
      if let known = try FactKeyTable.fetch(key, of: teller, in: db) {
        guard known.digest == digest else { throw FactBatchProblem.otherBody }
        return try JSONDecoder().decode([Item].self, from: known.outcome)
      }
      let items = try bridge.take(facts, at: now, in: db).map(Item.init)
      let outcome = try JSONEncoder.stable().encode(items)
      try FactKeyTable.keep(key, of: teller, digest: digest, outcome: outcome, at: now, in: db)
      return items
    }
  }

  /// Takes facts that were read one by one, in one transaction.
  /// - Throws: ``AccessDenied``.
  public func take(
    _ facts: [StructuredFact], by principal: Principal, at now: Date = .now
  ) async throws -> [Item] {
    try await bridge.mailbox.audited(record(principal, facts), at: now) { [bridge] _, db in
      try check(principal, facts, at: now, in: db)
      return try bridge.take(facts, at: now, in: db).map(Item.init)
    }
  }

  /// The most facts in a batch.
  public static let largestBatch = 500

  private static func facts(_ documents: [JSONValue], at now: Date) throws(FactBatchProblem) -> [StructuredFact] {
    guard (1...largestBatch).contains(documents.count) else { throw .size }
    var (facts, problems): ([StructuredFact], [FactDocumentProblem]) = ([], [])
    for (index, document) in documents.enumerated() {
      do {
        facts.append(try FactDocument(document, at: now).fact)
      } catch {
        let place = "facts[\(index)]"
        problems.append(
          FactDocumentProblem(error.place.isEmpty ? place : "\(place).\(error.place)", error.reason))
      }
    }
    guard problems.isEmpty else { throw .documents(Array(problems.prefix(20))) }
    return facts
  }

  /// The trail says how many, of whom for one organisation, and keeps the persons as it keeps all: by their HMACs.
  private func record(_ principal: Principal, _ facts: [StructuredFact]) -> AuditRecord {
    let tenants = Set(facts.compactMap(\.tenant))
    return AuditRecord(
      principal, .takeFacts, participant: tenants.count == 1 ? tenants.first : nil, object: "\(facts.count) facts",
      persons: Set(facts.flatMap(\.persons).map(\.whole)).sorted())
  }

  private func check(
    _ principal: Principal, _ facts: [StructuredFact], at now: Date, in db: Database
  ) throws {
    var tenants = Set(facts.compactMap(\.tenant))
    if facts.contains(where: { $0.tenant == nil }) { tenants.formUnion(bridge.tenants) }
    for tenant in tenants {
      guard case .client(let session) = principal else {
        try Access.check(principal, .administer, of: tenant, at: now, in: db)
        continue
      }
      try Access.check(session, has: .tellFacts, in: tenant, in: db)
    }
  }
}

/// Why a batch of facts is not taken, none of it.
public enum FactBatchProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// It has no fact, or more than ``FactFeed/largestBatch``.
  case size
  /// The key came before with other facts.
  case otherBody
  /// These are no facts; at most twenty.
  case documents([FactDocumentProblem])

  public var description: String {
    switch self {
    case .size: "a batch has 1 to \(FactFeed.largestBatch) facts"
    case .otherBody: "the key came before with other facts"
    case .documents(let problems): problems.map(\.description).joined(separator: "; ")
    }
  }
}

extension StructuredFact {
  /// Whom it is about.
  fileprivate var persons: [PersonIdentityNumber] {
    switch self {
    case .eventObserved(let event): [event.person]
    case .protectionChanged(let observation): [observation.person]
    case .identifierChanged(let change): [change.former, change.current].compactMap(\.self)
    case .caseClosed, .availability: []
    }
  }
}
