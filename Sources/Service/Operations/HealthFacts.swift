import Foundation
import Mailbox
import SDKRelay
import XMLSecurity

/// What a node's health is judged by. Pure: it holds what was found, and asks nobody.
struct HealthFacts: Sendable {
  /// How something that was tried went.
  enum Trial: Hashable, Sendable {
    case done
    case failed
    /// It did not end in time.
    case late
    /// There is nothing of the kind.
    case none
  }

  var now: Date
  /// A commit.
  var database = Trial.done
  /// Nil where the file system does not say.
  var freeBytes: Int?
  var reserve = 0
  /// How long ago the workers were seen; nil where they do not run.
  var workers: Duration?
  /// When the newest event was written; nil where nothing has happened or the database gives no answer.
  var newestEvent: Date?
  var scanner = Trial.none
  /// Whether messages wait while the scanner does not answer.
  var scannerHolds = true
  var certificates: [NamedCertificate] = []
  var lastBackup: Date?

  /// In this order, all of them each time.
  var report: HealthReport {
    HealthReport([
      databaseCheck, diskCheck, workersCheck, clockCheck, scannerCheck, certificateCheck, backupCheck,
    ])
  }

  private var databaseCheck: HealthCheck {
    switch database {
    case .done, .none: HealthCheck("database", .ok)
    case .failed: HealthCheck("database", .fail, "it takes nothing")
    case .late: HealthCheck("database", .fail, "no commit within \(OperationsProbe.patience.components.seconds) s")
    }
  }

  private var diskCheck: HealthCheck {
    guard let freeBytes else { return HealthCheck("disk", .warn, "the file system does not say what is free") }
    let megabytes = "\(freeBytes / 1_000_000) MB free"
    if freeBytes <= reserve {
      return HealthCheck("disk", .fail, "\(megabytes), below the reserve: nothing new is taken")
    }
    return HealthCheck("disk", freeBytes < 2 * reserve ? .warn : .ok, megabytes)
  }

  private var workersCheck: HealthCheck {
    guard let workers else { return HealthCheck("workers", .fail, "they do not run") }
    guard workers < .seconds(15) else {
      return HealthCheck("workers", .fail, "not seen for \(workers.components.seconds) s")
    }
    return HealthCheck("workers", .ok)
  }

  private var clockCheck: HealthCheck {
    guard now > Self.earliest else {
      return HealthCheck("clock", .fail, "it shows a time before this program was written")
    }
    guard let newestEvent, newestEvent > now.addingTimeInterval(60) else { return HealthCheck("clock", .ok) }
    let ahead = Int(newestEvent.timeIntervalSince(now))
    return HealthCheck("clock", .warn, "it is \(ahead) s behind what has been written already")
  }

  private var scannerCheck: HealthCheck {
    switch scanner {
    case .done: HealthCheck("malwareScanner", .ok)
    case .none: HealthCheck("malwareScanner", .ok, "none is set")
    case .failed, .late:
      HealthCheck(
        "malwareScanner", scannerHolds ? .fail : .warn,
        "it does not answer" + (scannerHolds ? ": messages wait" : ": messages pass unscanned"))
    }
  }

  private var certificateCheck: HealthCheck {
    guard let first = certificates.min(by: { $0.notAfter < $1.notAfter }) else {
      return HealthCheck("certificates", .ok)
    }
    let days = first.daysLeft(at: now)
    if first.notAfter <= now { return HealthCheck("certificates", .fail, "\(first.use): one has ended") }
    return HealthCheck("certificates", days < 30 ? .warn : .ok, "\(first.use): the first ends in \(days) days")
  }

  private var backupCheck: HealthCheck {
    guard let lastBackup else { return HealthCheck("backup", .warn, "none is known of") }
    let hours = Int(max(0, now.timeIntervalSince(lastBackup)) / 3_600)
    return HealthCheck("backup", hours > 7 * 24 ? .warn : .ok, "the last is \(hours) h old")
  }

  /// 2026-01-01.
  private static let earliest = Date(timeIntervalSince1970: 1_767_225_600)
}

/// A certificate of the node, by what it is for: several participants' have the same name.
struct NamedCertificate: Hashable, Sendable {
  let use: String
  let notAfter: Date

  /// Whole days; negative once it has ended.
  func daysLeft(at now: Date) -> Int { Int((notAfter.timeIntervalSince(now) / 86_400).rounded(.down)) }

  /// Every certificate that the settings name with a key.
  static func all(of settings: NodeSettings, service: ServiceSettings?) -> [NamedCertificate] {
    func named(_ use: String, _ identity: Identity) -> NamedCertificate {
      NamedCertificate(use: use, notAfter: identity.certificate.notAfter)
    }
    let tls = [
      ("tls-server", settings.server.security.identity), ("tls-client", settings.client.identity),
      ("tls-service", service?.security.identity),
    ]
    return [named("access-point", settings.accessPoint.identity)]
      + settings.participants.map { named("signing", $0.signing) }
      + settings.participants.flatMap { $0.encryption.prefix(1).map { named("encryption", $0) } }
      + tls.compactMap { use, identity in identity?.notAfter.map { NamedCertificate(use: use, notAfter: $0) } }
  }
}
