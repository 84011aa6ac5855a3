import Foundation
import GRDB
import Logging
import XMLSecurity

/// What became of a job that ended properly.
enum JobEnd: Sendable {
  /// Its row is gone, or has been given its next time, in the worker's own commit.
  case settled
  /// Something of this node is in the way, such as a full disk: try again later, without counting.
  case blocked(String)
}

/// One kind of work.
protocol Worker: Sendable {
  func perform(_ job: Job) async throws -> JobEnd
  /// The job has been taken out of the queue for good: what it was about must not hang.
  func setAside(_ job: Job, reason: String, in db: Database) throws
}

/// Takes due jobs from the queue and has them done, as many at once as their lanes allow.
///
/// Another process may add jobs, so the queue is looked at every 200 ms even when nobody here has called.
actor Dispatcher {
  private let store: Store
  private let workers: [Job.Kind: any Worker]
  private let logger: Logger
  private let process = "\(ProcessInfo.processInfo.processIdentifier) \(UUID().uuidString)"
  private var gate: LaneGate
  private let calls: AsyncStream<Void>
  private let wake: AsyncStream<Void>.Continuation
  private static let glance = Duration.milliseconds(200)
  private static let lease = Duration.seconds(3_600)

  init(store: Store, gate: LaneGate, workers: [Job.Kind: any Worker], logger: Logger) {
    self.store = store
    self.gate = gate
    self.workers = workers
    self.logger = logger
    (calls, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  }

  /// Works until cancelled; jobs that have begun are then ended or given back. Throws when a sync to disk has failed.
  func run() async throws {
    try await store.write { db in try JobQueue.releaseAll(in: db) }
    try await withThrowingDiscardingTaskGroup { group in
      group.addTask { [wake] in
        while !Task.isCancelled {
          wake.yield()
          try? await Task.sleep(for: Self.glance)
        }
      }
      for await _ in calls {
        for job in await claim() {
          group.addTask { [wake] in
            try await self.perform(job)
            wake.yield()
          }
        }
      }
    }
  }

  /// Looks at the queue now.
  nonisolated func call() { wake.yield() }

  private func claim() async -> [Job] {
    let now = Date()
    do {
      let due = try store.read { db in try JobQueue.lanes(in: db) }.filter { $0.due <= now }.sorted { $0.due < $1.due }
      let lanes = due.map(\.lane).filter { gate.room(in: $0) > 0 }
      guard !lanes.isEmpty else { return [] }
      let (process, running) = (process, gate)
      let jobs = try await store.write { db in
        // What is claimed for one lane counts for the next: lanes share limits.
        var planned = running
        var jobs: [Job] = []
        for lane in lanes {
          while planned.room(in: lane) > 0,
            let job = try JobQueue.claim(lane: lane, by: process, now: now, lease: Self.lease, in: db)
          {
            planned.started(lane)
            jobs.append(job)
          }
        }
        return jobs
      }
      for job in jobs { gate.started(job.lane) }
      return jobs
    } catch {
      logger.error("the queue cannot be read", metadata: ["reason": "\(error)"])
      return []
    }
  }

  private func perform(_ job: Job) async throws {
    defer { gate.ended(job.lane) }
    guard let worker = workers[job.kind] else { return }
    do {
      guard job.attempts <= Job.mostAttempts else {
        return try await setAside(job, by: worker, reason: "the process ended \(Job.mostAttempts) times at this work")
      }
      switch try await worker.perform(job) {
      case .settled: break
      case .blocked(let reason): try await postpone(job, after: .seconds(5), counting: false, reason: reason)
      }
    } catch let problem where StoreFault.isFatal(problem) {
      throw problem
    } catch is CancellationError {
      try await postpone(job, after: .zero, counting: false, reason: "the node stops")
    } catch let problem where StoreFault.isTemporary(problem) {
      try await postpone(job, after: .seconds(5), counting: false, reason: "\(problem)")
    } catch {
      // Not foreseen: counted like a crash, so that it ends with an operator and not in a circle.
      try await postpone(job, after: .seconds(1), counting: true, reason: "\(error)")
    }
  }

  private func postpone(_ job: Job, after wait: Duration, counting: Bool, reason: String) async throws {
    logger.warning(
      "work put off",
      metadata: [
        "job": "\(job.kind.rawValue) \(job.subject)", "participant": "\(job.participant)", "reason": "\(reason)",
      ])
    do {
      try await store.write { db in
        try JobQueue.postpone(job, until: Date().adding(wait), lane: job.lane, keepingAttempts: counting, in: db)
      }
    } catch let problem where StoreFault.isFatal(problem) {
      throw problem
    } catch {
      // Not even this can be written: the lease runs out, or the next start gives the job back.
      logger.error("the queue cannot be written", metadata: ["reason": "\(error)"])
    }
  }

  private func setAside(_ job: Job, by worker: any Worker, reason: String) async throws {
    logger.critical(
      "set aside",
      metadata: [
        "job": "\(job.kind.rawValue) \(job.subject)", "participant": "\(job.participant)", "reason": "\(reason)",
      ])
    try await store.write { db in
      try JobQueue.setAside(job, reason: reason, now: Date(), in: db)
      try worker.setAside(job, reason: reason, in: db)
    }
  }
}

/// What an error of the disk or the database means for the process.
enum StoreFault {
  /// A sync failed: the kernel may have dropped what was written. Only a restart tells what the disk holds (Q8).
  static func isFatal(_ error: any Error) -> Bool {
    switch error {
    case SpoolProblem.notDurable: true
    case let error as DatabaseError:
      [.SQLITE_IOERR_FSYNC, .SQLITE_IOERR_DIR_FSYNC, .SQLITE_CORRUPT].contains(error.extendedResultCode)
        || error.resultCode == .SQLITE_CORRUPT
    default: false
    }
  }

  /// Room or access is missing now and may come back.
  static func isTemporary(_ error: any Error) -> Bool {
    switch error {
    case is SpoolProblem: !isFatal(error)
    case let error as DatabaseError:
      [.SQLITE_FULL, .SQLITE_READONLY, .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_IOERR, .SQLITE_CANTOPEN, .SQLITE_NOMEM]
        .contains(error.resultCode) && !isFatal(error)
    default: false
    }
  }
}
