import Foundation
import Testing

/// A demo that keeps its nodes running.
final class RunningDemo {
  private let process = Process()
  private let folder: TemporaryFolder

  init(_ arguments: [String], in folder: TemporaryFolder) throws {
    self.folder = folder
    try FileManager.default.createDirectory(at: folder.url.appending(path: "tmp"), withIntermediateDirectories: true)
    process.executableURL = Sdkrelay.binary
    process.arguments = ["demo"] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["TMPDIR": folder.url.appending(path: "tmp").path]
    ) { _, new in new }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: folder.file("demo-output"))
    process.standardError = try FileHandle(forWritingTo: folder.file("demo-complaint"))
    try process.run()
  }

  var output: String { read("demo-output") }
  var complaint: String { read("demo-complaint") }

  /// What lies where programs put what nobody named a place for.
  func temporaryFiles() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.url.appending(path: "tmp").path)
  }

  /// Waits until it has printed the text.
  func waits(for text: String) async throws {
    while !output.contains(text) {
      try #require(process.isRunning, "\(complaint)")
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  /// Waits for its end; its exit code.
  func ends() async throws -> Int32 {
    while process.isRunning { try await Task.sleep(for: .milliseconds(20)) }
    return process.terminationStatus
  }

  func interrupt() { process.interrupt() }

  /// Ends it with its nodes, whatever it is doing.
  func kill() {
    guard process.isRunning else { return }
    process.terminate()
    process.waitUntilExit()
  }

  private func read(_ name: String) -> String {
    (try? String(contentsOf: folder.url.appending(path: name), encoding: .utf8)) ?? ""
  }
}
