import Foundation
import Testing
import XMLSecurity

/// Parses into a tree; nil or the problem's kind.
func problem(
  _ bytes: [UInt8], limits: XMLLimits = XMLLimits(totalBytes: 64 << 20), pieces: Int = 4_096
) -> XMLProblem.Kind? {
  do {
    try feed(bytes, to: XMLStreamParser(limits: limits, handler: XMLTreeBuilder()), pieces: pieces)
    return nil
  } catch let problem as XMLProblem {
    return problem.kind
  } catch {
    Issue.record("another error: \(type(of: error))")
    return nil
  }
}

func problem(_ text: String, limits: XMLLimits = XMLLimits(totalBytes: 64 << 20)) -> XMLProblem.Kind? {
  problem(Array(text.utf8), limits: limits)
}

/// The text in UTF-16, with or without byte order mark.
func utf16(_ text: String, bigEndian: Bool, mark: Bool) -> [UInt8] {
  let units = (mark ? [0xFEFF] : []) + Array(text.utf16)
  return units.flatMap { unit in
    let bytes = [UInt8(unit >> 8), UInt8(unit & 0xFF)]
    return bigEndian ? bytes : bytes.reversed()
  }
}

/// What work costs on this machine, measured so that a busy neighbour does not decide the test.
enum Cost {
  /// What this thread has worked so far; others' work is not in it.
  static func processorTime() -> Duration {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }

  /// The shortest of several runs.
  static func shortest(of runs: Int = 5, _ work: () throws -> Void) rethrows -> Duration {
    var best = Duration.seconds(3_600)
    for _ in 0..<runs {
      let start = processorTime()
      try work()
      best = min(best, processorTime() - start)
    }
    return best
  }

  /// The most memory that this process has had, in bytes.
  static func peakMemory() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
    return try #require(Int(line.filter(\.isNumber))) * 1_024
  }
}

/// A server on loopback that counts who comes.
final class LoopbackListener {
  let url: String
  private let descriptor: Int32

  init() throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = descriptor
    let isOpen = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && listen(descriptor, 8) == 0 && getsockname(descriptor, $0, &length) == 0
      }
    }
    try #require(isOpen)
    url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))/"
  }

  deinit {
    close(descriptor)
  }

  /// How many connections have come.
  func connections() throws -> Int {
    var count = 0
    while true {
      let connection = accept(descriptor, nil, nil)
      guard connection >= 0 else { break }
      close(connection)
      count += 1
    }
    try #require(errno == EAGAIN)
    return count
  }
}
