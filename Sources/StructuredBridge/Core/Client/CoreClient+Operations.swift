import Foundation
public import SDKRelay

extension CoreClient: StructuredCore {
  public func ping(as user: CoreUser) async throws(CoreProblem) -> CoreAnswer<CoreStanding> {
    let reply = try await perform(CoreCall(.ping, user))
    let value = try read(reply, .ping)
    guard let version = value[CoreNames.Key.version]?.string,
      let time = value[CoreNames.Key.time]?.string.flatMap(UTCTimestamp.date)
    else { throw CoreProblem(.answer, status: reply.head.status) }
    return CoreAnswer(value: CoreStanding(version: version, time: time), head: reply.head)
  }

  public func page(
    of list: CoreList, after cursor: CoreCursor?, of tenant: ParticipantID, as user: CoreUser
  ) async throws(CoreProblem) -> CoreAnswer<CorePage> {
    let reader = try reader(list.operation, tenant)
    var call = CoreCall(list.operation, user)
    call.query = [
      (CoreNames.Query.organisation, reader.tenant.organisation.tenDigits),
      (CoreNames.Query.limit, "\(settings.pageSize)"),
    ]
    if let cursor { call.query.append((CoreNames.Query.after, cursor.value)) }
    return try await answer(call) { value throws(CoreProblem) in try reader.page(value, after: cursor) }
  }

  public func needs(
    of person: PersonIdentityNumber, for tenant: ParticipantID, as user: CoreUser
  ) async throws(CoreProblem) -> CoreAnswer<[StructuredFact]> {
    let reader = try reader(.needsOfPerson, tenant)
    let call = try question(.needsOfPerson, person, reader.tenant, user)
    return try await answer(call) { value throws(CoreProblem) in try reader.facts(in: value, of: person) }
  }

  public func establishment(
    of person: PersonIdentityNumber, for tenant: ParticipantID, as user: CoreUser
  ) async throws(CoreProblem) -> CoreAnswer<CoreEstablishment> {
    let reader = try reader(.establishment, tenant)
    let call = try question(.establishment, person, reader.tenant, user)
    return try await answer(call) { value throws(CoreProblem) in try reader.establishment(value, of: person) }
  }

  public func tell(
    _ report: CoreReport, of tenant: ParticipantID, as user: CoreUser
  ) async throws(CoreProblem) -> CoreAnswer<CoreReceipt> {
    guard let operation = report.operation else { throw CoreProblem(.report) }
    let reader = try reader(operation, tenant)
    let record = report.record(of: reader.tenant.organisation)
    let problems = CoreShape.event.problems(in: record.json, now: now())
    guard problems.isEmpty else { throw CoreProblem(.report, fields: problems) }
    var call = CoreCall(operation, user)
    call.body = record.json
    call.key = report.id
    return try await answer(call) { value throws(CoreProblem) in
      guard value[CoreNames.Key.id]?.string == record.id,
        let received = value[CoreNames.Key.received]?.string.flatMap(UTCTimestamp.date)
      else {
        throw CoreProblem(.answer, fields: [CoreFieldProblem(CoreNames.Key.id, "is not the report's")])
      }
      let caseID = value[CoreNames.Key.caseID]?.string
      var told = record
      told.caseID = record.caseID ?? caseID
      let fact = told.facts(tenant, with: settings.counterparty, observed: now())[0]
      return CoreReceipt(received: received, caseID: caseID, fact: fact)
    }
  }

  private func question(
    _ operation: CoreOperation, _ person: PersonIdentityNumber, _ tenant: CoreSettings.Tenant, _ user: CoreUser
  ) throws(CoreProblem) -> CoreCall {
    guard person.isMatchKey else {
      throw CoreProblem(.report, fields: [CoreFieldProblem("person", "must be a personnummer or samordningsnummer")])
    }
    var call = CoreCall(operation, user)
    call.body = .object([
      CoreNames.Key.organisation: .text(tenant.organisation.tenDigits), CoreNames.Key.person: .text(person.whole),
    ])
    return call
  }

  private func reader(_ operation: CoreOperation, _ tenant: ParticipantID) throws(CoreProblem) -> CoreAnswerReader {
    if let kind = operation.switched, !settings.live.contains(kind) { throw CoreProblem(.notLive) }
    guard let tenant = settings.tenant(tenant) else { throw CoreProblem(.tenant) }
    return CoreAnswerReader(
      operation: operation, tenant: tenant, counterparty: settings.counterparty, now: now())
  }

  private func read(_ reply: CoreReply, _ operation: CoreOperation) throws(CoreProblem) -> JSONValue {
    do {
      return try CoreAnswerReader.value(reply, operation.answer, now: now())
    } catch {
      throw error.tracked(reply.head)
    }
  }

  private func answer<Value>(
    _ call: CoreCall, _ read: (JSONValue) throws(CoreProblem) -> Value
  ) async throws(CoreProblem) -> CoreAnswer<Value> {
    let reply = try await perform(call)
    let value = try self.read(reply, call.operation)
    do {
      return CoreAnswer(value: try read(value), head: reply.head)
    } catch {
      throw error.tracked(reply.head)
    }
  }
}

extension CoreProblem {
  fileprivate func tracked(_ head: CoreHead) -> CoreProblem {
    var problem = self
    problem.tracking = head.tracking
    problem.status = head.status
    return problem
  }
}
