public import Foundation
import GRDB
public import Mailbox
import SDKRelay
import XMLSecurity

extension AuditAction {
  public static let loadCases = AuditAction(rawValue: "cases.load")
}

/// What came of a loading.
public struct LoadingSummary: Hashable, Sendable, Encodable {
  /// Whether nothing was stored.
  public let dryRun: Bool
  /// The file's SHA-256 in hexadecimal.
  public let digest: String
  public let rows: Int
  public let taken: Int
  public let known: Int
  public let refused: Int
  /// How many rows an interrupted run before had done.
  public let resumedAfter: Int
  /// Whether another file at the same place was begun and never ended; its rows stay.
  public let fileChanged: Bool

  init(_ state: LoadingState, of file: LoadingFile, after start: LoadingState, isDry: Bool) {
    dryRun = isDry
    digest = Hexadecimal.encode(file.digest)
    (rows, taken, known, refused) = (state.rows, state.taken, state.known, state.refused)
    (resumedAfter, fileChanged) = (start.rows, start.hasChanged)
  }

  var words: String { "file \(digest), rows \(rows), taken \(taken), known \(known), refused \(refused)" }
}

extension Bridge {
  /// Takes a file of cases into the register, a thousand rows a transaction. Interrupted, the same file goes on where it
  /// was; loaded again, everything in it is known.
  /// - Parameters:
  ///   - isStopped: asked between two transactions.
  ///   - report: gets each refused row, in order, when the file is through.
  /// - Throws: ``LoadingProblem``, `FileProblem`.
  public func load(
    _ path: String, as format: LoadingFormat, by principal: Principal, at now: Date = .now,
    isStopped: @Sendable () -> Bool = { false }, report: @escaping @Sendable (RowRefusal) throws -> Void = { _ in }
  ) async throws -> LoadingSummary {
    let file = try LoadingFile(path)
    let rows = try format.rows(path)
    let digest = Hexadecimal.encode(file.digest)
    let begun = AuditRecord(principal, .loadCases, object: "begin, file \(digest)")
    let start = try await mailbox.audited(begun, at: now) { _, db in try LoadingTable(db: db).begin(file, at: now) }
    for _ in 0..<start.rows where try rows.next() == nil { throw LoadingProblem.changed }
    var state = start
    while true {
      guard !isStopped() else { throw LoadingProblem.interrupted(rows: state.rows) }
      var batch: [RawRow] = []
      while batch.count < LoadingLimit.batch, let row = try rows.next() { batch.append(row) }
      guard !batch.isEmpty else { break }
      state = try await take(batch, after: state, at: now)
    }
    guard try LoadingFile(path) == file else { throw LoadingProblem.changed }
    let summary = LoadingSummary(state, of: file, after: start, isDry: false)
    let ended = AuditRecord(principal, .loadCases, object: "end, \(summary.words)")
    try await mailbox.audited(ended, at: now) { _, db in
      let table = LoadingTable(db: db)
      try table.refusals(start.id, report)
      try table.end(start.id, at: now)
    }
    return summary
  }

  /// Judges a file as ``load(_:as:by:at:isStopped:report:)`` would, and stores nothing: it is tried on a copy of the register, and
  /// nobody waits for it.
  public func tryLoading(
    _ path: String, as format: LoadingFormat, by principal: Principal, at now: Date = .now,
    isStopped: @escaping @Sendable () -> Bool = { false },
    report: @escaping @Sendable (RowRefusal) throws -> Void = { _ in }
  ) async throws -> LoadingSummary {
    let record = AuditRecord(principal, .loadCases, object: "dry run")
    let result: Result<LoadingSummary, any Error>
    do {
      result = .success(try await judge(path, format, at: now, isStopped, report))
    } catch {
      result = .failure(error)
    }
    return try await mailbox.audited(record, at: now) { record, _ in
      let summary = try result.get()
      record.object = "dry run, \(summary.words)"
      return summary
    }
  }

  private func judge(
    _ path: String, _ format: LoadingFormat, at now: Date, _ isStopped: @escaping @Sendable () -> Bool,
    _ report: @escaping @Sendable (RowRefusal) throws -> Void
  ) async throws -> LoadingSummary {
    let file = try LoadingFile(path)
    let (settings, tenants) = (settings, tenants)
    let scratch = try mailbox.relay.scratch(copying: CaseRegister.tables, forms: CaseRegister.linkTables)
    let summary = try await scratch.write { db in
      let table = LoadingTable(db: db)
      let start = try table.begin(file, at: now)
      let taking = try BatchTaking(settings, tenants, at: now, in: db)
      // A dry run judges every row, also where a loading was interrupted.
      try db.change(sql: "DELETE FROM caseLoadingRefusal WHERE loading = ?", arguments: [start.id])
      var state = LoadingState(id: start.id, hasChanged: start.hasChanged)
      let rows = try format.rows(path)
      while let row = try rows.next() {
        if state.rows.isMultiple(of: LoadingLimit.batch), isStopped() {
          throw LoadingProblem.interrupted(rows: state.rows)
        }
        try taking.take(row, &state)
      }
      try table.refusals(start.id, report)
      return LoadingSummary(
        state, of: file, after: LoadingState(id: start.id, hasChanged: start.hasChanged), isDry: true)
    }
    guard try LoadingFile(path) == file else { throw LoadingProblem.changed }
    return summary
  }

  private func take(_ batch: [RawRow], after state: LoadingState, at now: Date) async throws -> LoadingState {
    let (settings, tenants) = (settings, tenants)
    return try await mailbox.relay.write { db in
      var state = state
      let taking = try BatchTaking(settings, tenants, at: now, in: db)
      for row in batch { try taking.take(row, &state) }
      try LoadingTable(db: db).advance(state)
      return state
    }
  }
}

/// Takes rows, one after another, in a transaction of the caller.
private struct BatchTaking {
  let register: CaseRegister
  let reading: RowReading
  let table: LoadingTable

  init(_ settings: BridgeSettings, _ tenants: Set<ParticipantID>, at now: Date, in db: Database) throws {
    register = try CaseRegister(settings, tenants, at: now, in: db)
    reading = RowReading(now: now)
    table = LoadingTable(db: db)
  }

  func take(_ raw: RawRow, _ state: inout LoadingState) throws {
    state.rows += 1
    do {
      if case .taken = try taken(reading.row(raw)) { state.taken += 1 } else { state.known += 1 }
    } catch let problem as RowProblem {
      state.refused += 1
      try table.refuse(raw, problem, state.id)
    }
  }

  private func taken(_ row: CaseRow) throws -> FactOutcome {
    var result: Result<FactOutcome, RowProblem> = .failure(RowProblem(.form))
    // A refusal may come after a person was made for it.
    try register.db.inSavepoint {
      do {
        let outcome = try register.take(row)
        if case .taken = outcome { try Linking(register: register).examine(after: row) }
        result = .success(outcome)
        return .commit
      } catch let problem as FactProblem {
        result = .failure(RowProblem(problem))
        return .rollback
      }
    }
    return try result.get()
  }
}
