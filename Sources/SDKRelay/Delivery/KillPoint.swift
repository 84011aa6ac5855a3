import Foundation
import Synchronization

/// A step of a message's way at which a crash must do no harm (threats.md, kill points).
///
/// Test builds read `SDKRELAY_KILL=name:n` and kill their own process at the n-th pass, as a power cut would; release
/// builds hold no such code.
package enum KillPoint: String, CaseIterable {
  // Sender.
  case bodyRead, spoolWritten, synced, rowCommitted, beforeReply, metadataFetched, signed, connected, halfBodySent
  case bodySent, receiptRead, receiptVerified, stateCommitted
  // Receiver.
  case headerRead, halfBodyRead, tagVerified, fileSynced, renamed, messageIDCommitted, receiptStored, halfAnswer
  case answerSent, envelopeVerified, decrypted, inMailbox, receiptQueued
  // Whoever culls.
  case contentErased, erasureCommitted, halfFilesErased
  // Whoever opens a former version's database: within each migration, before its end.
  case migrating

  /// Passes the point, or dies here when the environment says so.
  @inline(__always)
  package static func reached(_ point: KillPoint) {
    #if KILL_POINTS
      pass(point)
    #endif
  }

  #if KILL_POINTS
    private static let target: (point: KillPoint, pass: Int)? = {
      guard let text = ProcessInfo.processInfo.environment["SDKRELAY_KILL"] else { return nil }
      let words = text.split(separator: ":")
      guard let name = words.first, let point = KillPoint(rawValue: String(name)) else { return nil }
      return (point, words.count > 1 ? Int(words[1]) ?? 1 : 1)
    }()
    private static let passes = Mutex(0)

    private static func pass(_ point: KillPoint) {
      guard let target, target.point == point else { return }
      let count = passes.withLock { passes in
        passes += 1
        return passes
      }
      if count == target.pass { kill(getpid(), SIGKILL) }
    }
  #endif
}
