import Foundation

/// One thing that was looked at.
public struct HealthCheck: Hashable, Sendable, Codable {
  public enum Status: String, Hashable, Sendable, Codable, Comparable {
    case ok
    /// It works, and somebody should look.
    case warn
    /// The node cannot do its work.
    case fail

    public static func < (a: Self, b: Self) -> Bool { a.weight < b.weight }

    private var weight: Int {
      switch self {
      case .ok: 0
      case .warn: 1
      case .fail: 2
      }
    }
  }

  public let name: String
  public let status: Status
  /// A sentence without names; nil where there is nothing to say.
  public let detail: String?

  init(_ name: String, _ status: Status, _ detail: String? = nil) {
    (self.name, self.status, self.detail) = (name, status, detail)
  }
}

/// Whether the node is ready for work.
public struct HealthReport: Hashable, Sendable, Codable {
  /// The worst of the checks.
  public let status: HealthCheck.Status
  public let checks: [HealthCheck]

  init(_ checks: [HealthCheck]) {
    status = checks.map(\.status).max() ?? .ok
    self.checks = checks
  }
}
