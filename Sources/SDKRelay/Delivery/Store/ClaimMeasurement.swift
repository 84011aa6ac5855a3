public import Foundation

/// How long it takes to claim the next due job, for the benchmarks: the queue itself is nobody else's business.
public struct ClaimMeasurement: Sendable {
  private let store: Store
  private static let lane = "send measurement"
  private static let process = "measurement"

  /// Opens a store of its own in the folder.
  public init(folder: URL) throws {
    store = try Store(folder: folder, keys: .temporary())
  }

  /// Queues due jobs for the subjects.
  public func queue(_ subjects: Range<Int64>) async throws {
    let participant = try ParticipantID("0203:a.example.se")
    try await store.write { db in
      for subject in subjects {
        try JobQueue.add(.send, subject: subject, participant: participant, lane: Self.lane, due: .distantPast, in: db)
      }
    }
  }

  /// Claims and gives back the next due job a number of times; the median time of a claim, its commit included.
  public func claim(times: Int) async throws -> Duration {
    var durations: [Duration] = []
    for _ in 0..<times {
      let start = ContinuousClock.now
      let job = try await store.write { db in
        try JobQueue.claim(lane: Self.lane, by: Self.process, now: Date(), in: db)
      }
      durations.append(ContinuousClock.now - start)
      guard let job else { continue }
      try await store.write { db in try JobQueue.postpone(job, until: .distantPast, lane: job.lane, in: db) }
    }
    return durations.sorted()[durations.count / 2]
  }
}
