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
  /// Says to an operator what keeps the job waiting.
  func alarm(_ job: Job, _ text: String, in db: Database) throws
}

/// Takes due jobs from the queue and has them done, as many at once as their lanes allow.
///
/// Jobs fall due by themselves, so the queue is looked at every 200 ms even when nobody has called.
actor Dispatcher {
  private let store: Store
  private let workers: [Job.Kind: any Worker]
  private let pulse: Pulse
  private let logger: Logger
  private let process = "\(ProcessInfo.processInfo.processIdentifier) \(UUID().uuidString)"
  private var gate: LaneGate
  private var running: Set<Int64> = []
  /// The lane served last: the next round begins behind it.
  private var lastLane = ""
  private var nextAudit = ContinuousClock.now
  private let calls: AsyncStream<Void>
  private let wake: AsyncStream<Void>.Continuation
  private static let glance = Duration.milliseconds(200)
  private static let patience = Duration.seconds(5)
  static let longestPatience = Duration.seconds(120)

  init(store: Store, gate: LaneGate, workers: [Job.Kind: any Worker], pulse: Pulse = Pulse(), logger: Logger) {
    self.store = store
    self.gate = gate
    self.workers = workers
    self.pulse = pulse
    self.logger = logger
    (calls, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  }

  /// Works until cancelled; jobs that have begun are then ended or given back. Throws when a sync to disk has failed.
  func run() async throws {
    try await untilPossible(logger) { [store] in try await store.write { db in try JobQueue.releaseAll(in: db) } }
    try await withThrowingDiscardingTaskGroup { group in
      group.addTask { [wake] in
        while !Task.isCancelled {
          wake.yield()
          try? await Task.sleep(for: Self.glance)
        }
      }
      for await _ in calls {
        pulse.beat()
        for job in try await claim() {
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

  // MARK: Claiming

  private func claim() async throws -> [Job] {
    do {
      try await releaseLost()
      let now = Date()
      let due = try store.readOnce { db in try JobQueue.lanes(in: db) }.filter { $0.due <= now }.map(\.lane)
      let lanes = (due.filter { $0 > lastLane } + due.filter { $0 <= lastLane }).filter { self.gate.room(in: $0) > 0 }
      guard !lanes.isEmpty else { return [] }
      let (process, gate) = (process, gate)
      let jobs = try await store.write { db in
        try Self.claim(lanes, gate, by: process, now: now, in: db)
      }
      for job in jobs {
        self.gate.started(job.lane)
        running.insert(job.id)
        lastLane = job.lane
      }
      return jobs
    } catch let problem where StoreFault.isFatal(problem) {
      throw problem
    } catch {
      logger.error("the queue cannot be read", metadata: ["reason": "\(error)"])
      return []
    }
  }

  /// One job a lane and round, so that nobody's backlog stands before somebody else's first message.
  private static func claim(
    _ lanes: [String], _ gate: LaneGate, by process: String, now: Date, in db: Database
  ) throws -> [Job] {
    // What is claimed for one lane counts for the next: lanes share limits.
    var planned = gate
    var lanes = lanes
    var jobs: [Job] = []
    while !lanes.isEmpty {
      lanes = try lanes.filter { lane in
        guard planned.room(in: lane) > 0, let job = try JobQueue.claim(lane: lane, by: process, now: now, in: db)
        else { return false }
        planned.started(lane)
        jobs.append(job)
        return true
      }
    }
    return jobs
  }

  /// Gives back what this process holds without being at work on it: its outcome, or the claim's, could not be written.
  private func releaseLost() async throws {
    guard ContinuousClock.now >= nextAudit else { return }
    nextAudit = ContinuousClock.now + Self.patience
    let process = process
    let lost = try store.readOnce { db in try JobQueue.held(by: process, in: db) }.subtracting(running)
    guard !lost.isEmpty else { return }
    try await store.write { db in
      for id in lost { try JobQueue.releaseLost(id, by: process, in: db) }
    }
  }

  // MARK: Work

  private func perform(_ job: Job) async throws {
    defer {
      gate.ended(job.lane)
      running.remove(job.id)
    }
    guard let worker = workers[job.kind] else { return }
    do {
      guard job.attempts <= Job.mostAttempts else {
        let reason = job.problem ?? "the process ended \(Job.mostAttempts) times at this work"
        return try await setAside(job, by: worker, reason: reason)
      }
      switch try await worker.perform(job) {
      case .settled: break
      case .blocked(let reason): try await hold(job, worker, reason: reason)
      }
    } catch let problem where StoreFault.isFatal(problem) {
      throw problem
    } catch is LeaseLost {
      logger.error("work ended twice", metadata: metadata(job, "another outcome has been written"))
    } catch is CancellationError where Task.isCancelled {
      try await postpone(job, after: .zero, reason: "the node stops") { _ in }
    } catch let problem where StoreFault.isTemporary(problem) {
      try await hold(job, worker, reason: StoreFault.words(problem))
    } catch {
      // Not foreseen: counted like a crash, so that it ends with an operator and not in a circle.
      let words = StoreFault.words(error)
      try await postpone(job, after: .seconds(1), counting: true, problem: words, reason: words) { _ in }
    }
  }

  /// Puts off what this node cannot do now: ever less often, and an operator is told the first time.
  private func hold(_ job: Job, _ worker: any Worker, reason: String) async throws {
    let isNew = job.problem == nil
    let wait = isNew ? Self.patience : min(Self.longestPatience, Self.patience * Double.random(in: 2...12))
    try await postpone(job, after: wait, problem: reason, reason: reason) { db in
      if isNew { try worker.alarm(job, "held: \(reason)", in: db) }
    }
  }

  private func postpone(
    _ job: Job, after wait: Duration, counting: Bool = false, problem: String? = nil, reason: String,
    _ more: @escaping @Sendable (Database) throws -> Void
  ) async throws {
    logger.warning("work put off", metadata: metadata(job, reason))
    do {
      try await store.write { db in
        try JobQueue.postpone(
          job, until: Date().adding(wait), lane: job.lane, keepingAttempts: counting, problem: problem, in: db)
        try more(db)
      }
    } catch let problem where StoreFault.isFatal(problem) {
      throw problem
    } catch {
      // Not even this can be written: the job is given back by `releaseLost`, or at the next start.
      logger.error("the queue cannot be written", metadata: ["reason": "\(error)"])
    }
  }

  private func setAside(_ job: Job, by worker: any Worker, reason: String) async throws {
    logger.critical("set aside", metadata: metadata(job, reason))
    try await store.write { db in
      try JobQueue.setAside(job, reason: reason, now: Date(), in: db)
      try worker.setAside(job, reason: reason, in: db)
    }
  }

  private nonisolated func metadata(_ job: Job, _ reason: String) -> Logger.Metadata {
    var metadata: Logger.Metadata = [
      "job": "\(job.kind.rawValue) \(job.subject)", "participant": "\(job.participant)", "reason": "\(reason)",
    ]
    // What cannot be read now is left out: the line matters more.
    let about = try? store.readOnce { db in try JobQueue.messageIDs(of: job, in: db) }
    metadata["message"] = about?.message.map { "\($0)" }
    metadata["conversation"] = about?.conversation.map { "\($0)" }
    return metadata
  }
}

/// Tries again every five seconds while something of this machine, such as a full disk, is in the way (Q8).
func untilPossible(_ logger: Logger, _ work: () async throws -> Void) async throws {
  while true {
    do {
      return try await work()
    } catch let problem where StoreFault.isTemporary(problem) {
      logger.error("the data folder cannot be written", metadata: ["reason": "\(problem)"])
      try await Task.sleep(for: .seconds(5))
    }
  }
}
