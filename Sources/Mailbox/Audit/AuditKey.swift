import Foundation
import XMLSecurity

/// Why the audit trail cannot be used.
public enum AuditProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// The key's file is gone though there are entries: a new key would fit none of them.
  case keyMissing
  case keyUnreadable(String)
  case keyOpenToOthers
  /// A search by person needs the whole number.
  case noIdentityNumber

  public var description: String {
    switch self {
    case .keyMissing:
      "the audit trail's key is gone: put audit.key, or the file that the setting audit.key names, back from its backup"
    case .keyUnreadable(let reason): "the audit trail's key cannot be used: \(reason)"
    case .keyOpenToOthers: "the audit trail's key is open to others; its mode must be 0600"
    case .noIdentityNumber: "an identity number has twelve characters: YYYYMMDDNNNN"
    }
  }
}

/// The secret behind the HMACs of the audit trail: 256 random bits in a file of their own.
struct AuditKey: Sendable {
  private let bytes: [UInt8]

  /// Reads the key, and makes one where there is none.
  static func load(_ file: URL, creating: Bool) throws -> AuditKey {
    if let key = try read(file) { return key }
    guard creating else { throw AuditProblem.keyMissing }
    try make(file)
    guard let key = try read(file) else { throw AuditProblem.keyMissing }
    return key
  }

  /// The HMAC of a person's identity number, in hexadecimal.
  func person(_ identityNumber: String) -> String {
    Hexadecimal.encode(hmacSHA256(key: bytes, Array("sdk-relay audit person 1\n\(Self.plain(identityNumber))".utf8)))
  }

  /// The HMAC over the trail's end.
  func seal(_ number: Int64, _ hash: [UInt8]) -> [UInt8] {
    hmacSHA256(key: bytes, Array("sdk-relay audit head 1\n\(number)\n".utf8) + hash)
  }

  /// The number without separators, as it compares.
  static func plain(_ identityNumber: String) -> String {
    identityNumber.filter { $0.isLetter || $0.isNumber }.uppercased()
  }

  private static func read(_ file: URL) throws -> AuditKey? {
    let descriptor = open(file.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw AuditProblem.keyUnreadable(String(cString: strerror(errno)))
    }
    defer { close(descriptor) }
    var information = stat()
    guard fstat(descriptor, &information) == 0 else { throw AuditProblem.keyUnreadable("it cannot be looked at") }
    guard information.st_mode & 0o077 == 0 else { throw AuditProblem.keyOpenToOthers }
    var bytes = [UInt8](repeating: 0, count: 33)
    guard Foundation.read(descriptor, &bytes, 33) == 32 else { throw AuditProblem.keyUnreadable("it has not 32 bytes") }
    return AuditKey(bytes: Array(bytes.prefix(32)))
  }

  /// Two processes may do this at once: the first one's key stays.
  private static func make(_ file: URL) throws {
    let spool = try Spool(folder: file.deletingLastPathComponent())
    let new = try spool.create()
    defer { new.discard() }
    try randomBytes(32).withUnsafeBytes { try new.write($0) }
    try new.close()
    try new.sync()
    guard link(new.temporaryURL.path, file.path) == 0 || errno == EEXIST else {
      throw AuditProblem.keyUnreadable(String(cString: strerror(errno)))
    }
    try syncFolder(file.deletingLastPathComponent())
  }
}
