import Foundation
import Synchronization
import Testbed
import Testing

/// The independent AS4 peers as live counterparts of a real node, by `Tests/Interop/as4_live.py`.
///
/// The peer takes the place of one of the test federation's access points: it has that one's keys, so the node under
/// test cannot tell.
enum Peers {
  static let folder: URL = {
    let shared = ProcessInfo.processInfo.environment["SDKRELAY_SHARED"].map { URL(filePath: $0) }
    return (shared ?? Package.root.appending(path: "../shared").standardizedFileURL).appending(path: "peers")
  }()

  /// Prepared once for the process; where that is not possible the script has said why.
  static let areThere: Bool = {
    let process = Process()
    process.executableURL = Package.root.appending(path: "script/peers-venv")
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    let there = process.terminationStatus == 0
    if !there { print("skipped: tests with live AS4 peers") }
    return there
  }()

  /// What the peer has in place of the node's access point.
  static func options(
    as node: TestFederation.Node, towards other: TestFederation.Node, in federation: TestFederation
  ) throws -> [String: any Sendable] {
    let authorities = federation.folder.appending(path: "authorities.pem")
    let names = ["access-point-ca", "root", "tls-ca", "tls-root"]
    let pem = try names.map { try Data(contentsOf: federation.folder.appending(path: "ca/\($0).pem")) }
    try Data(pem.joined()).write(to: authorities)
    func key(_ name: String) -> String { node.folder.appending(path: "keys/\(name)").path }
    return [
      "peers": folder.path, "cert": key("access-point.pem"), "key": key("access-point.key.pem"),
      "peer": federation.folder.appending(path: "published/\(other.accessPoint).pem").path,
      "trust": authorities.path, "cafile": authorities.path, "url": other.url, "port": node.port,
      "tls_cert": key("tls-server.pem"), "tls_key": key("tls-server.key.pem"),
      "other_cert": Package.root.appending(path: ".venv/pki/apC.crt.pem").path,
      "other_key": Package.root.appending(path: ".venv/pki/apC.key.pem").path,
      "pmode": ["original_sender": node.organisation.id, "final_recipient": other.organisation.id],
    ]
  }

  /// Starts `as4_live.py`; its lines go to `output`.
  static func start(
    _ command: String, _ options: [String: any Sendable], input: URL? = nil, output: URL
  ) throws -> Process {
    let process = Process()
    process.executableURL = Package.root.appending(path: ".venv/bin/python")
    let json = String(decoding: try JSONSerialization.data(withJSONObject: options), as: UTF8.self)
    process.arguments = [Package.root.appending(path: "Tests/Interop/as4_live.py").path, json, command]
    process.standardInput = try input.map { try FileHandle(forReadingFrom: $0) } ?? FileHandle.nullDevice
    try Data().write(to: output)
    process.standardOutput = try FileHandle(forWritingTo: output)
    try process.run()
    return process
  }

  static func lines<Line: Decodable>(of file: URL) throws -> [Line] {
    try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
      try JSONDecoder().decode(Line.self, from: Data($0.utf8))
    }
  }
}

/// A peer that answers in a node's place, for the time of a test.
final class PeerServer: Sendable {
  struct Request: Decodable {
    var number, listening: Int?
    var reply, sha256, id, error, keyReference: String?
  }

  private let process: Process
  private let output: URL

  init(_ options: [String: any Sendable], replies: [String], output: URL, payload: URL) async throws {
    var options = options
    options["replies"] = replies
    options["out"] = payload.path
    self.output = output
    process = try Peers.start("serve", options, output: output)
    let process = process
    try await eventually("the peer listens") {
      guard process.isRunning else { throw PeerProblem.ended }
      return try !Peers.lines(of: output).compactMap { (line: Request) in line.listening }.isEmpty
    }
  }

  /// What it was sent so far.
  func requests() throws -> [Request] {
    try Peers.lines(of: output).filter { (line: Request) in line.number != nil }
  }

  func stop() {
    // Children of a test inherit that SIGTERM is ignored.
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }
}

enum PeerProblem: Error {
  case ended
  case notInTime(String)
}

/// Waits until the condition holds, looking ten times a second.
func eventually(
  _ what: String, within limit: Duration = .seconds(40), _ condition: () async throws -> Bool
) async throws {
  let end = ContinuousClock.now + limit
  while try await !condition() {
    guard ContinuousClock.now < end else { throw PeerProblem.notInTime(what) }
    try await Task.sleep(for: .milliseconds(100))
  }
}
