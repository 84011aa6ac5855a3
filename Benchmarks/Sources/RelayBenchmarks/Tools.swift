import Foundation
import SDKRelay
import XMLSecurity

/// Other tools on the same work in the same run, where they are installed.
enum Tools {
  /// CPU seconds that xmlsec1 takes to verify and to decrypt an envelope; nil where it is not installed.
  static func xmlsec(_ envelope: URL, key: PrivateKey, anchor: Certificate, folder: URL) throws -> (
    verify: Double, decrypt: Double
  )? {
    let program = "/usr/bin/xmlsec1"
    guard FileManager.default.isExecutableFile(atPath: program) else { return nil }
    let keyFile = folder.appending(path: "key.pem"), anchorFile = folder.appending(path: "anchor.pem")
    try Data(key.pem).write(to: keyFile)
    try Data(anchor.pem).write(to: anchorFile)
    let verify = try time(
      program, ["--verify", "--enabled-key-data", "x509", "--trusted-pem", anchorFile.path, envelope.path])
    let decrypt = try time(
      program, ["--decrypt", "--privkey-pem", keyFile.path, "--output", "/dev/null", envelope.path])
    guard let verify, let decrypt else { return nil }
    return (verify, decrypt)
  }

  /// CPU seconds that the peer package takes to build and to read a message; nil where it is not installed.
  static func peer(_ envelope: URL, root: URL) throws -> (wrap: Double, unwrap: Double)? {
    let python = root.appending(path: ".venv/bin/python"), peers = root.appending(path: "../shared/peers")
    guard FileManager.default.isExecutableFile(atPath: python.path),
      FileManager.default.fileExists(atPath: peers.appending(path: "as4lib.py").path)
    else { return nil }
    let script = root.appending(path: "Benchmarks/peer.py")
    let output = try run(python.path, [script.path, peers.standardizedFileURL.path, envelope.path])
    let figures = output.split(separator: " ").compactMap { Double($0) }
    return figures.count == 2 ? (figures[0], figures[1]) : nil
  }

  private static func time(_ program: String, _ arguments: [String]) throws -> Double? {
    var costs: [Double] = []
    for _ in 0..<3 {
      let before = childrenTime()
      let process = Process()
      process.executableURL = URL(filePath: program)
      process.arguments = arguments
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      guard process.terminationStatus == 0 else { return nil }
      costs.append(childrenTime() - before)
    }
    return median(costs)
  }

  private static func run(_ program: String, _ arguments: [String]) throws -> String {
    let process = Process(), pipe = Pipe()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: output, as: UTF8.self)
  }

  private static func childrenTime() -> Double {
    var usage = rusage()
    getrusage(RUSAGE_CHILDREN.rawValue, &usage)
    let seconds = { (time: timeval) in Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
  }
}
