public import Foundation
public import SDKRelay
import XMLSecurity

/// What is done to what, as one word for searching: `message.read`, `grant.add`.
public struct AuditAction: RawRepresentable, Hashable, Sendable {
  public let rawValue: String

  public init(rawValue: String) { self.rawValue = rawValue }

  public static let addUser = AuditAction(rawValue: "user.add")
  public static let endUser = AuditAction(rawValue: "user.end")
  public static let addGrant = AuditAction(rawValue: "grant.add")
  public static let endGrant = AuditAction(rawValue: "grant.end")
  public static let addClient = AuditAction(rawValue: "client.add")
  public static let revokeClient = AuditAction(rawValue: "client.revoke")
  public static let searchAudit = AuditAction(rawValue: "audit.search")
}

/// How it went.
public enum AuditOutcome: String, Hashable, Sendable, CaseIterable {
  case done, denied, failed
}

/// An entry about to be written. It carries ids and codes, never content.
public struct AuditRecord: Sendable {
  public var principal: Principal
  public var action: AuditAction
  public var participant: ParticipantID?
  public var mailbox: FunctionalAddress?
  public var messageID: MessageID?
  /// What else it was done to: `user u1`, `grant 7`.
  public var object: String?
  /// The identity numbers of whom it concerns. Only their HMACs are kept.
  public var persons: [String] = []
  /// Why, in the principal's words. What looks like an identity number in it is not kept.
  public var reason: String?

  public init(
    _ principal: Principal, _ action: AuditAction, participant: ParticipantID? = nil,
    mailbox: FunctionalAddress? = nil, messageID: MessageID? = nil, object: String? = nil, persons: [String] = [],
    reason: String? = nil
  ) {
    self.principal = principal
    self.action = action
    self.participant = participant
    self.mailbox = mailbox
    self.messageID = messageID
    self.object = object
    self.persons = persons
    self.reason = reason
  }
}

extension AuditRecord {
  /// - Parameter operator: who asks in the principal's name at the command line, and is named first then.
  package init(
    _ principal: Principal, through operator: Principal?, _ action: AuditAction, participant: ParticipantID? = nil,
    mailbox: FunctionalAddress? = nil, messageID: MessageID? = nil, object: String? = nil, reason: String? = nil
  ) {
    let name = `operator` == nil ? nil : "as \(principal.kind) \(principal.name)"
    let objects = [object, name].compactMap(\.self)
    self.init(
      `operator` ?? principal, action, participant: participant, mailbox: mailbox, messageID: messageID,
      object: objects.isEmpty ? nil : objects.joined(separator: ", "), reason: reason)
  }
}

/// One entry of the audit trail, as it is kept.
public struct AuditEntry: Hashable, Sendable {
  public let number: Int64
  public let time: Date
  public let principalKind: String
  public let principal: String
  public let action: String
  public let participant: String?
  public let mailbox: String?
  public let messageID: String?
  public let object: String?
  /// HMACs of identity numbers in hexadecimal, in order, a space between two.
  let persons: String?
  public let reason: String?
  public let outcome: String
  let hash: [UInt8]

  /// The bytes that the hash covers: each field as a mark (0 for none, 1), its length in eight bytes, and its UTF-8.
  static func canonical(_ number: Int64, _ time: Int64, _ fields: [String?]) -> [UInt8] {
    var bytes = Array("sdk-relay audit entry 1\n".utf8)
    for field in ["\(number)", "\(time)"] + fields {
      guard let field else {
        bytes.append(0)
        continue
      }
      let text = Array(field.utf8)
      bytes.append(1)
      bytes += bigEndian(text.count)
      bytes += text
    }
    return bytes
  }

  /// What the entry's hash has to be after the former one.
  func expectedHash(after former: [UInt8]) -> [UInt8] {
    let fields = [
      principalKind, principal, action, participant, mailbox, messageID, object, persons, reason, outcome,
    ]
    return digest(.sha256, of: former + Self.canonical(number, time.milliseconds, fields))
  }

  private static func bigEndian(_ count: Int) -> [UInt8] {
    withUnsafeBytes(of: UInt64(count).bigEndian, Array.init)
  }
}
