import Foundation
import GRDB
import SDKRelay
import Synchronization
import XMLSecurity

/// The end of the trail: the last entry's number and hash, sealed with the audit key.
struct AuditHead: Hashable, Sendable {
  let number: Int64
  let hash: [UInt8]
  let seal: [UInt8]

  static let empty = AuditHead(number: 0, hash: .init(repeating: 0, count: 32), seal: .init(repeating: 0, count: 32))

  static func fetch(in db: Database) throws -> AuditHead {
    guard let row = try db.row(sql: "SELECT number, hash, seal FROM auditHead", arguments: []) else {
      throw DatabaseError(message: "the audit trail has no head")
    }
    return AuditHead(number: row["number"], hash: [UInt8](row["hash"] as Data), seal: [UInt8](row["seal"] as Data))
  }

  func isSealed(by key: AuditKey) -> Bool {
    number == 0 ? hash == Self.empty.hash : seal == key.seal(number, hash)
  }
}

/// The head's second place, a file beside the database: who cuts the trail and puts an old head into the database is
/// found by it. It is written after the commit, so it may be behind by what a crash took; it is never before.
///
/// Format: number in 20 digits, space, hash and seal in hexadecimal with a space between, newline; always 151 bytes, so
/// that it is written in one piece.
final class AuditHeadFile: Sendable {
  private let file: URL
  private let written = Mutex<Int64>(-1)

  init(_ file: URL) {
    self.file = file
  }

  /// Makes the file for a trail that begins. Once there are entries a missing file stays missing: that is a finding.
  func begin() throws {
    let descriptor = open(file.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    put(AuditHead.empty, descriptor)
    fsync(descriptor)
  }

  /// Takes down where the trail ends now.
  func advance(to head: AuditHead) {
    written.withLock { written in
      guard head.number > written else { return }
      let descriptor = open(file.path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW)
      guard descriptor >= 0 else { return }
      defer { close(descriptor) }
      put(head, descriptor)
      written = head.number
    }
  }

  /// What it says; nil where it is missing or says nothing.
  func read() -> AuditHead? {
    guard let text = try? String(contentsOf: file, encoding: .utf8) else { return nil }
    let parts = text.split(whereSeparator: \.isWhitespace).map(String.init)
    guard parts.count == 3, let number = Int64(parts[0]), let hash = Self.bytes(parts[1]),
      let seal = Self.bytes(parts[2])
    else { return nil }
    return AuditHead(number: number, hash: hash, seal: seal)
  }

  private func put(_ head: AuditHead, _ descriptor: Int32) {
    let digits = "\(head.number)"
    let number = String(repeating: "0", count: 20 - digits.count) + digits
    let line = Array("\(number) \(Hexadecimal.encode(head.hash)) \(Hexadecimal.encode(head.seal))\n".utf8)
    _ = pwrite(descriptor, line, line.count, 0)
  }

  static func bytes(_ text: String) -> [UInt8]? {
    let digits = text.utf8.map { Character(UnicodeScalar($0)).hexDigitValue }
    guard digits.count == 64, digits.allSatisfy({ $0 != nil }) else { return nil }
    let values = digits.compactMap(\.self)
    return stride(from: 0, to: 64, by: 2).map { UInt8(values[$0] << 4 | values[$0 + 1]) }
  }
}
