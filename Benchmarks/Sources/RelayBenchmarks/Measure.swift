import Foundation

/// What a piece of work cost.
struct Cost {
  /// CPU time of this process, user and system, in seconds.
  var cpu: Double
  /// Elapsed time in seconds.
  var wall: Double

  static func + (a: Cost, b: Cost) -> Cost { Cost(cpu: a.cpu + b.cpu, wall: a.wall + b.wall) }
  static func * (a: Cost, times: Double) -> Cost { Cost(cpu: a.cpu * times, wall: a.wall * times) }
}

/// The median cost of one run. Work shorter than a few milliseconds is repeated within a run, because the kernel counts
/// CPU time in coarse steps.
func measure(runs: Int = 5, repeating count: Int = 1, _ work: () throws -> Void) rethrows -> Cost {
  try work()
  var costs: [Cost] = []
  for _ in 0..<runs {
    let cpu = processorTime()
    let start = ContinuousClock.now
    for _ in 0..<count { try work() }
    let elapsed = ContinuousClock.now - start
    costs.append(Cost(cpu: (processorTime() - cpu) / Double(count), wall: elapsed / .seconds(1) / Double(count)))
  }
  return Cost(cpu: median(costs.map(\.cpu)), wall: median(costs.map(\.wall)))
}

func median(_ values: [Double]) -> Double {
  values.sorted()[values.count / 2]
}

/// The CPU time of this process so far, in seconds.
func processorTime() -> Double {
  var usage = rusage()
  getrusage(RUSAGE_SELF.rawValue, &usage)
  let seconds = { (time: timeval) in Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
  return seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

/// The figures that Linux keeps of a process.
struct ProcessFigures {
  let id: Int32

  /// CPU time so far, in seconds (`/proc/PID/stat`, fields 14 and 15).
  var processorTime: Double {
    guard let text = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8),
      let end = text.lastIndex(of: ")")
    else { return 0 }
    let fields = text[text.index(after: end)...].split(separator: " ")
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  /// The most memory resident since the last ``resetPeak()``, in MB.
  var peakMegabytes: Double { status("VmHWM:") }
  /// The memory resident now, in MB.
  var residentMegabytes: Double { status("VmRSS:") }

  private func status(_ field: String) -> Double {
    guard let text = try? String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix(field) }),
      let kilobytes = Double(line.split(separator: " ").dropFirst().first ?? "")
    else { return 0 }
    return kilobytes / 1_000
  }

  func resetPeak() {
    try? Data("5".utf8).write(to: URL(filePath: "/proc/\(id)/clear_refs"))
  }
}
