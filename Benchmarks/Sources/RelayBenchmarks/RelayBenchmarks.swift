import Foundation
import Logging
import Mailbox
import SDKRelay
import StructuredBridge
import Service
import XMLSecurity

/// Measures what messages cost beside the primitives of the same run, and prints the ratios as tables in Markdown.
///
/// Arguments are attachment sizes in bytes; without any, the four of the table. `mailbox [COUNT…]` measures the message
/// service among so many messages instead, `rate [COUNT]` how fast a case system's messages are taken and delivered, and `loading [ROWS]` how fast a file of cases is taken.
/// `serve --config FILE` runs a node: the whole path is measured between two processes of this very program.
@main struct RelayBenchmarks {
  static func main() async throws {
    let arguments = CommandLine.arguments
    if arguments.count == 4, arguments[1] == "serve" { return try await serve(URL(filePath: arguments[3])) }
    let given = arguments.dropFirst().compactMap { Int($0) }
    if arguments.dropFirst().first == "mailbox" {
      return try await mailbox(given.isEmpty ? [1_000, 100_000, 1_000_000] : given.sorted())
    }
    if arguments.dropFirst().first == "loading" { return try await loading(given.first ?? 100_000) }
    if arguments.dropFirst().first == "rate" { return try await rate(given.first ?? 1_000) }
    let sizes = given.isEmpty ? [10_000, 1_000_000, 30_000_000, 75_000_000] : given
    let folder = FileManager.default.temporaryDirectory.appending(path: "relay-benchmarks-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let steps = try Steps(folder: folder)
    let floor = try Floor(key: steps.key, folder: folder.appending(path: "floor"))
    printFloor(floor)
    let floors = try printSteps(steps, floor, sizes)
    try await printClaims(folder)
    try await printWholePath(folder, floors, floor, sizes)
  }

  private static func mailbox(_ counts: [Int]) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "mailbox-benchmark-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try await MailboxFigures.printTable(counts, in: folder)
  }

  private static func loading(_ rows: Int) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "loading-benchmark-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try await LoadingFigures.printTable(rows, in: folder)
  }

  private static func rate(_ count: Int) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "rate-benchmark-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try await SubmissionRate(folder: folder).printTable(count)
  }

  private static func serve(_ file: URL) async throws {
    var logger = Logger(label: "sdkrelay")
    logger.logLevel = .error
    let node = try NodeSettings(file: file)
    let bridge = try Bridge.open(node, BridgeSettings(federation: node.federation), logger: logger)
    let mailbox = bridge.mailbox
    let settings = try ServiceSettings.read(file)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        try await mailbox.run { port in
          // What a test node is waited for with.
          print("Listening on port \(port)")
          fflush(nil)
        }
      }
      if let settings {
        let server = try await APIServer(settings, bridge: bridge, logger: logger)
        group.addTask { try await server.run() }
      }
      try await group.next()
      group.cancelAll()
    }
  }

  private static func printFloor(_ floor: Floor) {
    print("## Primitives of this run\n\n| primitive | MB per CPU second |\n|---|---|")
    let rates = [
      ("base64 encoding, decoding", [floor.base64Encoding, floor.base64Decoding]),
      ("AES-256-CBC encryption, decryption", [floor.cbcEncryption, floor.cbcDecryption]), ("AES-128-GCM", [floor.gcm]),
      ("SHA-256", [floor.sha256]), ("gzip (Huffman only), gunzip", [floor.gzip, floor.gunzip]),
      ("XML parsing", [floor.parsing]), ("writing a file, synced", [floor.writing]),
    ]
    for (name, costs) in rates {
      print("| \(name) | \(costs.map { String(format: "%.0f", 1e-6 / $0) }.joined(separator: ", ")) |")
    }
    print("\n| operation, keys of RSA 3072 | CPU ms |\n|---|---|")
    for (name, cost) in [
      ("sign", floor.sign), ("verify", floor.verify), ("wrap", floor.wrap), ("unwrap", floor.unwrap),
      ("small file, durable", floor.keep), ("append, durable", floor.append),
    ] {
      print(String(format: "| \(name) | %.3f |", cost * 1e3))
    }
  }

  /// Prints the steps and gives each size's floor.
  private static func printSteps(_ steps: Steps, _ floor: Floor, _ sizes: [Int]) throws -> [Int: Double] {
    print("\n## Steps\n\n| attachment | step | CPU ms | floor ms | ratio | memory MB | another tool, CPU ms |")
    print("|---|---|---|---|---|---|---|")
    var floors: [Int: Double] = [:]
    for size in sizes {
      let rows = try steps.rows(attachment: size, floor: floor)
      let others = try steps.otherTools()
      for row in rows {
        print(
          String(
            format: "| %.2f MB | %@ | %.2f | %.2f | %.2f | %.1f | %@ |", Double(size) / 1e6, row.name,
            row.cost.cpu * 1e3,
            row.floor * 1e3, row.cost.cpu / row.floor, row.peakMegabytes, others[row.name] ?? ""))
        floors[size, default: 0] += row.floor
      }
    }
    return floors
  }

  private static func printClaims(_ folder: URL) async throws {
    print("\n## Claiming the next job\n\n| queued | median ms, commit included |\n|---|---|")
    let measurement = try ClaimMeasurement(folder: folder.appending(path: "claims"))
    var queued: Int64 = 0
    for count: Int64 in [1, 1_000, 100_000] {
      try await measurement.queue(queued..<count)
      queued = count
      let time = try await measurement.claim(times: 200)
      print(String(format: "| %d | %.2f |", count, time / .milliseconds(1)))
    }
  }

  private static func printWholePath(
    _ folder: URL, _ floors: [Int: Double], _ floor: Floor, _ sizes: [Int]
  ) async throws {
    var path = try await WholePath(folder: folder)
    // A message receipt is sealed, wrapped and unwrapped too, and its AS4 receipt signed: four private-key operations.
    // Each end commits twice for the message and twice for the receipt.
    let receipt = 3 * floor.sign + floor.unwrap + floor.wrap + 5 * floor.verify + 2 * floor.keep + 8 * floor.append
    print("\n## The whole path, two processes\n")
    print("| attachment | messages | CPU ms a message | floor ms | ratio | s to ACCEPTED | sender MB | receiver MB |")
    print("|---|---|---|---|---|---|---|---|")
    // The largest once more, ten at the same time.
    var floorsPrinted: Set<Int> = []
    for size in sizes + sizes.suffix(1) {
      let atOnce = floorsPrinted.contains(size)
      floorsPrinted.insert(size)
      let count = atOnce ? 10 : max(2, min(100, 20_000_000 / size))
      let result = try await path.send(attachment: size, count: count, atOnce: atOnce)
      let floor = (floors[size] ?? 0) + receipt
      print(
        String(
          format: "| %.2f MB | %d%@ | %.1f | %.1f | %.2f | %.3f | %.0f | %.0f |", Double(size) / 1e6, count,
          atOnce ? " at once" : "", result.cpu * 1e3, floor * 1e3, result.cpu / floor, result.latency,
          result.senderPeak,
          result.receiverPeak))
    }
    try await path.stop()
  }
}
