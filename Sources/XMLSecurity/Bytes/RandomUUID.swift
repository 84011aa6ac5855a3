public import Foundation

/// A random UUID (version 4), from OpenSSL's generator: Foundation's own opens the random device for each one, and a
/// message needs dozens.
public func randomUUID() -> UUID {
  var bytes = randomBytes(16)
  bytes[6] = bytes[6] & 0x0F | 0x40
  bytes[8] = bytes[8] & 0x3F | 0x80
  return bytes.withUnsafeBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
}
