import Foundation
import GRDB
import SDKRelay
import Testing

/// The first loading, as an operator does it.
@Suite("03 Loading commands")
struct LoadingCommandTests {
  private let node: OwnData
  private static let organisation = "0203:komvux.kommun.example.se"
  private static let heading = "organisation,counterparty,person,opened,ownCaseNumber"

  init() throws {
    node = try OwnData()
  }

  private func row(_ number: Int, person: String = "191212121212") -> String {
    "\(Self.organisation),0203:motpart.example.se,\(person),2026-09-01,KOM-2026/\(number)"
  }

  private func file(_ rows: [String]) throws -> String {
    try node.folder.file("cases.csv", ([Self.heading] + rows).joined(separator: "\n")).path
  }

  @Test("a file is judged, loaded, loaded again and shown, and the report holds nothing of a cell")
  func load() async throws {
    let report = node.folder.url.appending(path: "refused.csv").path
    let path = try file([row(1), row(2, person: "191212121213"), row(3)])
    let dry = try await node.run(["cases", "load", path, "--dry-run", "--report", report])
    #expect(dry.exitCode == 1 && dry.output.contains("2 taken, 0 known, 1 refused (dry run"))
    let lines = try String(contentsOfFile: report, encoding: .utf8)
    #expect(lines == "row,line,column,code,reason\r\n2,3,person,person.checkDigit,the check digit is wrong\r\n")
    #expect(try await node.run(["cases", "load", path, "--json"]).json()["taken"] as? Int == 2)
    #expect(try await node.run(["cases", "load", try file([row(1), row(3)])]).exitCode == 0)
    let masked = try await node.run(["cases", "show", "KOM-2026/1", "--organisation", Self.organisation])
    #expect(masked.output.contains("Skyddad uppgift") && !masked.output.contains("1912"))
    let more = ["cases", "show", "KOM-2026/1", "--organisation", Self.organisation, "--reason", "test"]
    #expect(try await node.run(more).output.contains("1912****-****"))
    #expect(try await node.run(more + ["--show"]).output.contains("191212121212"))
    let none = try await node.run(["cases", "show", "KOM-2026/9", "--organisation", Self.organisation])
    #expect(none.exitCode == 1)
    let told = try await node.run(["audit", "search"]).output
    #expect(told.contains("cases.load") && told.contains("whole number") && !told.contains("191212121212"))
  }

  @Test("a file that cannot be read gives exit code 2")
  func unreadable() async throws {
    #expect(try await node.run(["cases", "load", "/nowhere.csv"]).exitCode == 2)
    let path = try node.folder.file("cases.csv", "namn;nummer\n").path
    let wrong = try await node.run(["cases", "load", path])
    #expect(wrong.exitCode == 2 && wrong.complaint.contains("column 1") && !wrong.complaint.contains("namn"))
  }

  @Test("a killed loading and one that is interrupted go on without doubles", arguments: [SIGKILL, SIGINT])
  func killed(_ signal: Int32) async throws {
    let path = try file((0..<6_000).map { row($0) })
    let process = Process()
    process.executableURL = Sdkrelay.binary
    process.arguments = ["cases", "load", path] + node.config
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    while try rowsDone() == 0, process.isRunning { try await Task.sleep(for: .milliseconds(10)) }
    kill(process.processIdentifier, signal)
    while process.isRunning { try await Task.sleep(for: .milliseconds(10)) }
    let done = try rowsDone()
    #expect(process.terminationStatus == (signal == SIGINT ? 2 : SIGKILL) && (1_000..<6_000).contains(done))
    let rest = try await node.run(["cases", "load", path, "--json"])
    #expect(try rest.json()["resumedAfter"] as? Int == done)
    #expect(try rest.json()["taken"] as? Int == 6_000)
    #expect(try number("SELECT count(*) FROM caseRecord") == 6_000)
  }

  private func rowsDone() throws -> Int { (try? number("SELECT rowsDone FROM caseLoading")) ?? 0 }

  private func number(_ sql: String) throws -> Int {
    var configuration = Configuration()
    configuration.readonly = true
    let path = node.folder.url.appending(path: "data/relay.sqlite").path
    return try DatabaseQueue(path: path, configuration: configuration).read { try Int.fetchOne($0, sql: sql) ?? 0 }
  }
}
