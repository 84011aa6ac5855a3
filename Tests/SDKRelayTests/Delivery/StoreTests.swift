import Foundation
import Testing
import XMLSecurity

@testable import SDKRelay

@Suite("Store") struct StoreTests {
  func withStore<Result>(_ body: (Store, URL) async throws -> Result) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "store-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(try Store(folder: folder), folder)
  }

  @Test("Q9: the database is private, and a second opening finds what was written")
  func reopening() async throws {
    try await withStore { store, folder in
      let participant = try ParticipantID("0203:a.example.se")
      try await store.write { db in
        try JobQueue.add(.open, subject: 1, participant: participant, lane: "l", due: Date(), in: db)
      }
      let permissions = try FileManager.default.attributesOfItem(atPath: store.layout.database.path)[.posixPermissions]
      #expect(permissions as? Int == 0o600)
      let again = try Store(folder: folder)
      #expect(try again.read { try JobQueue.lanes(in: $0) }.count == 1)
    }
  }

  @Test("Q5: work that takes the process down three times is told apart, tried alone and then set aside")
  func poison() async throws {
    try await withStore { store, _ in
      let participant = try ParticipantID("0203:a.example.se")
      try await store.write { db in
        try JobQueue.add(.open, subject: 1, participant: participant, lane: "lane", due: .distantPast, in: db)
      }
      var attempts: [Int] = []
      for start in 0..<4 {
        let lane = start == 0 ? "lane" : Job.suspects
        let job = try await store.write { db in
          try JobQueue.claim(lane: lane, by: "process", now: Date(), lease: .seconds(60), in: db)
        }
        attempts.append(try #require(job).attempts)
        // The process ends without a word; the next start gives the job back.
        try await store.write { db in try JobQueue.releaseAll(in: db) }
      }
      #expect(attempts == [1, 2, 3, 4])
      #expect(attempts.filter { $0 <= Job.mostAttempts }.count == 3)
    }
  }

  @Test("Q6: claiming costs the same with one job as with many")
  func claims() async throws {
    try await withStore { store, _ in
      let participant = try ParticipantID("0203:a.example.se")
      func claimTime() async throws -> Double {
        var times: [Double] = []
        for _ in 0..<60 {
          let start = ContinuousClock.now
          let job = try await store.write { db in
            try JobQueue.claim(lane: "send x", by: "p", now: Date(), lease: .seconds(60), in: db)
          }
          times.append((ContinuousClock.now - start) / .microseconds(1))
          if let job { try await store.write { db in try JobQueue.postpone(job, until: .distantPast, lane: job.lane, in: db) } }
        }
        return times.sorted()[times.count / 2]
      }
      func fill(_ range: Range<Int64>) async throws {
        try await store.write { db in
          for subject in range {
            try JobQueue.add(.send, subject: subject, participant: participant, lane: "send x", due: Date(), in: db)
          }
        }
      }
      try await fill(0..<1)
      let one = try await claimTime()
      try await fill(1..<1_000)
      let thousand = try await claimTime()
      try await fill(1_000..<100_000)
      let many = try await claimTime()
      print(String(format: "claim, median: %.0f µs with 1 queued, %.0f with 1,000, %.0f with 100,000", one, thousand, many))
      #expect(many < 4 * one + 500)
    }
  }
}
