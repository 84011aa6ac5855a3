import Foundation

/// What the process uses, as the kernel says.
struct ProcessFigures: Sendable {
  /// Memory in use, in bytes.
  let residentBytes: Int?
  /// Open files and sockets.
  let openFiles: Int?
  let uptime: Duration

  private static let started = ContinuousClock.now

  /// Takes down when the process began, as far as this type is concerned.
  static func begin() { _ = started }

  init() {
    let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ")
    residentBytes = (pages?.dropFirst().first).flatMap { Int($0) }.map { $0 * Int(sysconf(Int32(_SC_PAGESIZE))) }
    openFiles = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd"))?.count
    uptime = .now - Self.started
  }
}
