import Foundation
import Testing

@testable import Service

@Suite("Health")
struct HealthTests {
  private static let now = Date(timeIntervalSince1970: 1_780_000_000)

  private func facts(_ change: (inout HealthFacts) -> Void = { _ in }) -> HealthFacts {
    var facts = HealthFacts(now: Self.now)
    facts.freeBytes = 10_000_000_000
    facts.reserve = 200_000_000
    facts.workers = .milliseconds(200)
    facts.newestEvent = Self.now - 5
    facts.certificates = [NamedCertificate(use: "signing", notAfter: Self.now + 90 * 86_400)]
    facts.lastBackup = Self.now - 3_600
    change(&facts)
    return facts
  }

  @Test("every check is there each time, and a node without a flaw is ok")
  func whole() {
    let report = facts().report
    #expect(
      report.checks.map(\.name)
        == ["database", "disk", "workers", "clock", "malwareScanner", "certificates", "backup"])
    #expect(report.checks.allSatisfy { $0.status == .ok } && report.status == .ok)
  }

  private static let flaws: [(String, HealthCheck.Status, @Sendable (inout HealthFacts) -> Void)] = [
    ("database", .fail, { $0.database = .late }), ("database", .fail, { $0.database = .failed }),
    ("disk", .fail, { $0.freeBytes = 200_000_000 }), ("disk", .warn, { $0.freeBytes = 399_000_000 }),
    ("disk", .warn, { $0.freeBytes = nil }), ("workers", .fail, { $0.workers = nil }),
    ("workers", .fail, { $0.workers = .seconds(20) }), ("clock", .warn, { $0.newestEvent = now + 120 }),
    ("clock", .fail, { $0.now = Date(timeIntervalSince1970: 0) }), ("malwareScanner", .fail, { $0.scanner = .late }),
    ("malwareScanner", .fail, { $0.scanner = .failed }),
    ("malwareScanner", .warn, { ($0.scanner, $0.scannerHolds) = (.failed, false) }),
    ("certificates", .warn, { $0.certificates.append(.init(use: "tls-server", notAfter: now + 29 * 86_400)) }),
    ("certificates", .fail, { $0.certificates.append(.init(use: "tls-server", notAfter: now)) }),
    ("backup", .warn, { $0.lastBackup = nil }), ("backup", .warn, { $0.lastBackup = now - 9 * 86_400 }),
  ]

  @Test("a flaw shows in its own check, and the worst one is the whole's", arguments: 0..<16)
  func flaws(_ index: Int) {
    let (name, status, change) = Self.flaws[index]
    let report = facts(change).report
    #expect(report.status == status)
    #expect(report.checks.filter { $0.status != .ok }.map(\.name) == [name])
    #expect(report.checks.first { $0.name == name }?.status == status)
    #expect(Self.flaws.count == 16)
  }
}
