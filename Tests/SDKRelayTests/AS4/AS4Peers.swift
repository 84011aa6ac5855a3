import Foundation
import Testing
import XMLSecurity

@testable import SDKRelay

/// The two independent AS4 implementations in `../shared/peers`, used by file. `script/peers-venv` prepares them.
enum AS4Peers {
  static let package: URL = {
    var folder = URL(filePath: #filePath).resolvingSymlinksInPath()
    while folder.path != "/", !FileManager.default.fileExists(atPath: folder.appending(path: "script/peers-venv").path)
    {
      folder.deleteLastPathComponent()
    }
    return folder
  }()

  static let folder: URL = {
    let shared = ProcessInfo.processInfo.environment["SDKRELAY_SHARED"].map { URL(filePath: $0) }
    return (shared ?? package.deletingLastPathComponent().appending(path: "shared")).appending(path: "peers")
  }()

  static let keys = package.appending(path: ".venv/pki")

  /// Prepared once for the process; where that is not possible the script has said why.
  static let areThere: Bool = {
    let there = (try? run(package.appending(path: "script/peers-venv").path, [], input: "")) == 0
    if !there { print("The AS4 peers are not there: tests against them are skipped.") }
    return there
  }()

  /// Runs one command of `Tests/Interop/as4_peer.py` over the lines.
  static func run(_ command: String, in folder: URL, _ lines: [String]) throws {
    let script = package.appending(path: "Tests/Interop/as4_peer.py").path
    let status = try run(
      package.appending(path: ".venv/bin/python").path, [script, Self.folder.path, keys.path, command, folder.path],
      input: lines.joined(separator: "\n"))
    try #require(status == 0, "as4_peer.py \(command) failed")
  }

  private static func run(_ program: String, _ arguments: [String], input: String) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardInput = pipe
    try process.run()
    try pipe.fileHandleForWriting.write(contentsOf: Data(input.utf8))
    try pipe.fileHandleForWriting.close()
    process.waitUntilExit()
    return process.terminationStatus
  }

  static func identity(_ name: String) throws -> Identity {
    let chain = try Certificate.load(pem: bytes(keys.appending(path: "chain.pem")))
    return try Identity(
      certificate: certificate(name), privateKey: .load(pem: bytes(keys.appending(path: "\(name).key.pem"))),
      chain: [chain[0]])
  }

  static func certificate(_ name: String) throws -> Certificate {
    try #require(try Certificate.load(pem: bytes(keys.appending(path: "\(name).crt.pem"))).first)
  }

  static func trust() throws -> TrustStore {
    let chain = try Certificate.load(pem: bytes(keys.appending(path: "chain.pem")))
    return try TrustStore(anchors: [chain[1]], intermediates: [chain[0]])
  }

  static func receiver() throws -> AS4Receiver {
    try AS4Receiver(identities: [identity("apB")], trust: trust(), knownCertificates: [certificate("apA")])
  }

  /// Content type and body of a file the peers wrote.
  static func message(_ url: URL) throws -> (contentType: String, body: [UInt8]) {
    let all = try bytes(url)
    let end = try #require((0..<all.count - 3).first { all[$0..<$0 + 4].elementsEqual([13, 10, 13, 10]) })
    return (String(decoding: all[14..<end], as: UTF8.self), Array(all[(end + 4)...]))
  }

  static func bytes(_ url: URL) throws -> [UInt8] {
    Array(try Data(contentsOf: url))
  }

  static func bytes(_ file: StoredFile) throws -> [UInt8] {
    let sink = MemorySink()
    try file.write(into: sink)
    return sink.bytes
  }
}
