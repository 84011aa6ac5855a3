import Foundation
import XMLSecurity

/// Measures the steps of a message's way beside the primitives of the same run and prints the ratios.
@main struct RelayBenchmarks {
  static func main() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "relay-benchmarks-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let steps = try Steps(folder: folder)
    let floor = try Floor(key: steps.key, folder: folder.appending(path: "floor"))
    print("step     attachment   CPU ms   floor ms   ratio   peak MB")
    for size in [10_000, 1_000_000, 30_000_000, 75_000_000] {
      for row in try steps.rows(attachment: size, floor: floor) {
        print(
          row.name.padding(toLength: 8, withPad: " ", startingAt: 0),
          String(format: "%8.2f MB %8.2f %10.2f %7.2f %9.1f", Double(size) / 1e6, row.cost.cpu * 1e3, row.floor * 1e3,
            row.cost.cpu / row.floor, row.peakMegabytes))
      }
    }
  }
}
