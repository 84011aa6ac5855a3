import Foundation
import Testing

/// What a run of the command line gave.
struct CommandResult {
  let exitCode: Int32
  let output: String
  let complaint: String

  var lines: [String] { output.split(separator: "\n").map(String.init) }

  /// The output as a JSON object.
  func json() throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
  }
}

/// The built program, run as its user runs it.
enum Sdkrelay {
  /// Beside the test bundle; the tests depend on its target, so it is as new as they are.
  static let binary: URL = {
    let bundle = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    let beside = bundle.appending(path: "sdkrelay")
    if FileManager.default.isExecutableFile(atPath: beside.path) { return beside }
    return Package.root.appending(path: ".build/debug/sdkrelay")
  }()

  static func run(
    _ arguments: String..., input: String? = nil, environment: [String: String] = [:], in folder: URL? = nil
  ) async throws -> CommandResult {
    try await run(arguments, input: input, environment: environment, in: folder)
  }

  /// Runs a command to its end.
  /// - Parameters:
  ///   - device: where results go instead of a file, such as `/dev/full`.
  ///   - other: a process whose file systems the command sees.
  static func run(
    _ arguments: [String], input: String? = nil, environment: [String: String] = [:], in folder: URL? = nil,
    outputTo device: String? = nil, beside other: Int32? = nil
  ) async throws -> CommandResult {
    let scratch = try TemporaryFolder()
    let process = Process()
    process.executableURL = other == nil ? binary : URL(filePath: "/usr/bin/env")
    process.arguments = (other.map { ["nsenter", "-m", "-t", "\($0)", binary.path] } ?? []) + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
    process.currentDirectoryURL = folder ?? scratch.url
    // Files, not pipes: nobody has to read while the command runs.
    let output = try scratch.file("output")
    let complaint = try scratch.file("complaint")
    process.standardOutput = try FileHandle(forWritingTo: device.map { URL(filePath: $0) } ?? output)
    process.standardError = try FileHandle(forWritingTo: complaint)
    if let input {
      process.standardInput = try FileHandle(forReadingFrom: try scratch.file("input", input))
    } else {
      process.standardInput = FileHandle.nullDevice
    }
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      process.terminationHandler = { _ in continuation.resume() }
      do {
        try process.run()
      } catch {
        continuation.resume(throwing: error)
      }
    }
    return CommandResult(
      exitCode: process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus,
      output: try String(contentsOf: output, encoding: .utf8),
      complaint: try String(contentsOf: complaint, encoding: .utf8))
  }
}

/// Where the project and its reference data lie.
enum Package {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// The official examples; nil with one line where they are not there.
  static let official: URL? = {
    let environment = ProcessInfo.processInfo.environment["SDKRELAY_SHARED"].map { URL(filePath: $0) }
    let folder = (environment ?? root.appending(path: "../shared").standardizedFileURL).appending(path: "official")
    if FileManager.default.fileExists(atPath: folder.path) { return folder }
    print("skipped: tests with official examples, there is no \(folder.path)")
    return nil
  }()
}

/// A folder that vanishes with its last user.
final class TemporaryFolder: Sendable {
  let url: URL

  /// - Parameter inMemory: on a file system that no disk waits for, where there is one.
  init(inMemory: Bool = false) throws {
    let memory = URL(filePath: "/dev/shm")
    let isThere = inMemory && FileManager.default.isWritableFile(atPath: memory.path)
    url = (isThere ? memory : FileManager.default.temporaryDirectory)
      .appending(path: "sdkrelay-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(at: url)
  }

  /// A file with the text.
  func file(_ name: String, _ text: String = "") throws -> URL {
    let file = url.appending(path: name)
    try Data(text.utf8).write(to: file)
    return file
  }
}
