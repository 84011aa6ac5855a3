import Foundation
import GRDB
import Testbed
import Testing

/// A power cut while a database is brought up to date.
@Suite("03 Killed in a migration")
struct MigrationKillTests {
  @Test("Q11: a node killed within a migration goes on with it, and what was there is there", arguments: [1, 4, 9, 17])
  func killed(_ pass: Int) async throws {
    let node = try OwnData()
    let died = try await Sdkrelay.run(
      ["send"] + letter + node.config, environment: ["SDKRELAY_KILL": "migrating:\(pass)"])
    #expect(died.exitCode == 128 + SIGKILL)
    let again = try await node.run(["send"] + letter)
    #expect(again.exitCode == 0, "\(again.complaint)")
    let fresh = try OwnData()
    _ = try await fresh.run(["send"] + letter)
    #expect(try schema(node) == schema(fresh))
    #expect(try await node.run(["messages", "list"]).output.contains("Efter avbrottet"))
  }

  private let letter = [
    "--from", "sdk:sfi:0203:komvux.kommun.example.se", "--to",
    "0203:arbetsformedlingen.example.se/sdk:utbildning:0203:arbetsformedlingen.example.se", "--subject",
    "Efter avbrottet", "--text", "t",
  ]

  /// All tables, and that the file is whole.
  private func schema(_ node: OwnData) throws -> [String] {
    let database = try DatabaseQueue(path: node.folder.url.appending(path: "data/relay.sqlite").path)
    return try database.read { db in
      try String.fetchAll(db, sql: "PRAGMA integrity_check")
        + String.fetchAll(db, sql: "SELECT coalesce(sql, name) FROM sqlite_master ORDER BY name")
    }
  }
}
