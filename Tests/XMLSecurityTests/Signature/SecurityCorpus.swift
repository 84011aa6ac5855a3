import Foundation
import Testing
import XMLSecurity

/// The XML security corpus that xmlsec1 is tested with, unpacked once.
enum SecurityCorpus {
  static let archive = CanonicalizationTests.shared.appending(path: "vectors/xmlsec1-corpus.tar.gz")
  static let isPresent = FileManager.default.fileExists(atPath: archive.path)

  /// The corpus's files by their path under `tests`.
  static let files = Result {
    try Tool.withFolder { folder in
      let unpacked = try Tool.run("/usr/bin/tar", ["xzf", archive.path, "-C", folder.path])
      try #require(unpacked.status == 0, "\(unpacked.text)")
      let tests = folder.appending(path: "xmlsec/tests")
      var files: [String: [UInt8]] = [:]
      for path in try FileManager.default.subpathsOfDirectory(atPath: tests.path) {
        guard let bytes = try? Data(contentsOf: tests.appending(path: path)) else { continue }
        files[path] = Array(bytes)
      }
      return files
    }
  }
}

/// Programs of the system that judge independently.
enum Tool {
  static let xmlsec1 = "/usr/bin/xmlsec1"
  static let hasXMLSec = FileManager.default.isExecutableFile(atPath: xmlsec1)

  static func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, text: String) {
    let process = Process(), output = Pipe()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: text, as: UTF8.self))
  }

  /// Runs the body with a folder of its own, which is removed afterwards.
  static func withFolder<Value>(_ body: (URL) throws -> Value) throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appending(path: "sdkrelay-tool-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
  }
}

extension URL {
  /// Writes a file in this folder and returns its path.
  func file(_ name: String, _ bytes: [UInt8]) throws -> String {
    let url = appending(path: name)
    try Data(bytes).write(to: url)
    return url.path
  }
}
