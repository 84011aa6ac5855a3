public import Foundation
import GRDB
public import Logging
public import Mailbox
public import SDKRelay

/// The bridge of one node: what is known of persons and cases from the structured exchange, so that a message finds the
/// right ones.
///
/// It stands behind a ``MailboxService`` and keeps its tables in the same database. It observes: nothing of the structured
/// exchange is ever changed here, and no message becomes an event of it.
public final class Bridge: Sendable {
  public let mailbox: MailboxService
  public let settings: BridgeSettings
  let logger: Logger

  init(mailbox: MailboxService, settings: BridgeSettings, logger: Logger) {
    self.mailbox = mailbox
    self.settings = settings
    self.logger = logger
  }

  /// Opens the node's data folder with the message service's tables and the bridge's.
  /// - Throws: what ``MailboxService/open(_:notifications:companion:creating:logger:)`` throws.
  public static func open(
    _ node: NodeSettings, _ settings: BridgeSettings, notifications: NotificationSettings? = nil, creating: Bool = true,
    logger: Logger = Logger(label: "sdkrelay")
  ) throws -> Bridge {
    let companion = BridgeCompanion(
      settings: settings, tenants: Set(node.participants.map(\.id)),
      agreements: node.agreements.map { AgreementWatch(folder: $0) })
    let mailbox = try MailboxService.open(
      node, notifications: notifications, companion: companion, creating: creating, logger: logger)
    return Bridge(mailbox: mailbox, settings: settings, logger: logger)
  }

  /// The organisations of this node.
  public var tenants: Set<ParticipantID> { Set(mailbox.relay.settings.participants.map(\.id)) }

  /// Takes facts into the register, all of them in one transaction; what is refused leaves nothing.
  /// - Returns: what became of each, in their order.
  public func take(
    _ facts: [StructuredFact], at now: Date = .now
  ) async throws -> [Result<FactOutcome, FactProblem>] {
    try await mailbox.relay.write { [self] db in try take(facts, at: now, in: db) }
  }

  /// As ``take(_:at:)``, within a transaction of the caller.
  func take(
    _ facts: [StructuredFact], at now: Date, in db: Database
  ) throws -> [Result<FactOutcome, FactProblem>] {
    let register = try CaseRegister(settings, tenants, at: now, in: db)
    return try facts.map { fact in
      var result: Result<FactOutcome, FactProblem> = .failure(.form)
      // A refusal may come after a person was made for it.
      try db.inSavepoint {
        do {
          result = .success(try register.take(fact))
          if let (tenant, keys) = fact.keys(register) {
            try Linking(register: register).examine(tenant, waitingFor: keys)
            try cover(after: fact, register)
          }
          return .commit
        } catch let problem as FactProblem {
          result = .failure(problem)
          return .rollback
        }
      }
      return result
    }
  }

  private func cover(after fact: StructuredFact, _ register: CaseRegister) throws {
    let linking = Linking(register: register)
    switch fact {
    case .protectionChanged(let observation):
      guard let person = try register.persons(observation.tenant).row(of: observation.person) else { return }
      try linking.coverWhereChanged(person: person, of: observation.tenant)
    case .identifierChanged(let change):
      guard let person = try register.persons(change.tenant).row(of: change.former) else { return }
      try linking.cover(person: person, of: change.tenant)
    case .eventObserved, .caseClosed, .availability: break
    }
  }
}
