import Foundation
import Testing

/// Documents that are made from the code say what the code says.
@Suite("07 Documents")
struct ConformanceTests {
  @Test("docs/conformance.md lists every rule with the tests that are there now", .enabled(if: hasPython))
  func conformance() async throws {
    let scratch = try TemporaryFolder()
    let output = try scratch.file("output")
    let process = Process()
    process.executableURL = Package.root.appending(path: "script/conformance")
    process.arguments = ["--check"]
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = process.standardOutput
    try process.run()
    process.waitUntilExit()
    let said = try String(contentsOf: output, encoding: .utf8)
    #expect(process.terminationStatus == 0, "run script/conformance: \(said)")
  }

  private static let hasPython: Bool = {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    if folders.contains(where: { FileManager.default.isExecutableFile(atPath: "\($0)/python3") }) { return true }
    print("07 Documents: skipped, there is no python3 to run script/conformance with")
    return false
  }()
}
