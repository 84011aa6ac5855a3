public import Foundation

/// A mark of the population register. The two are different things, and are shown apart.
public enum ProtectionMark: String, Hashable, Sendable, Codable, CaseIterable {
  /// Sekretessmarkering: a warning that calls for a careful assessment before anything is told.
  case secrecyMark
  /// Skyddad folkbokföring: the person is registered somewhere else than where they live.
  case protectedRegistration
}

/// What is known of a person's protection, from whom and when. Nobody is told of made-up identities (fingerade
/// personuppgifter), and nothing concludes them.
public struct Protection: Hashable, Sendable {
  /// None: the register was asked, and has no mark.
  public let marks: Set<ProtectionMark>
  public let source: FactSource
  /// When the register was asked.
  public let checked: Date

  public init(_ marks: Set<ProtectionMark>, source: FactSource, checked: Date) {
    self.marks = marks
    self.source = source
    self.checked = checked
  }
}

/// How a person counts now. What is not known, or was asked too long ago, counts as protected.
public enum ProtectionStanding: Hashable, Sendable {
  case unprotected
  case protected(Set<ProtectionMark>)
  /// Nobody has asked the register yet.
  case unknown
  /// The answer is older than its limit. These marks it had.
  case stale(Set<ProtectionMark>)

  /// - Parameter limit: how old an answer may be.
  public init(_ protection: Protection?, at now: Date, limit: Duration) {
    guard let protection else {
      self = .unknown
      return
    }
    let age = now.timeIntervalSince(protection.checked)
    if !protection.marks.isEmpty, age >= -Self.tolerance {
      self = age > Self.seconds(limit) ? .stale(protection.marks) : .protected(protection.marks)
    } else if age > Self.seconds(limit) || age < -Self.tolerance {
      // An answer from the future says that one of two clocks is wrong: it may be as old as any.
      self = .stale(protection.marks)
    } else {
      self = .unprotected
    }
  }

  public var countsAsProtected: Bool { self != .unprotected }

  /// As one word, for lists and programs.
  public var word: String {
    switch self {
    case .unprotected: "unprotected"
    case .protected: "protected"
    case .unknown: "unknown"
    case .stale: "stale"
    }
  }

  /// How far the clocks of two systems may be apart, in seconds.
  private static let tolerance = 300.0

  private static func seconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
  }
}
