internal import COpenSSL

/// Why a text is not base64 (RFC 4648 §4).
public enum Base64Problem: Error, Hashable, Sendable {
  /// A character outside the alphabet that is not XML white space.
  case character
  /// Padding that is missing, too long, or followed by more.
  case padding
  /// Bits beyond the last byte that are not zero, so that two texts would mean the same bytes.
  case trailingBits
}

/// Base64 of values that are small enough to hold.
public enum Base64 {
  /// The base64 form, padded, without line breaks.
  public static func encode(_ bytes: [UInt8]) -> String {
    guard !bytes.isEmpty else { return "" }
    var text = [UInt8](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1)
    let length = EVP_EncodeBlock(&text, bytes, Int32(bytes.count))
    return String(decoding: text[..<Int(length)], as: UTF8.self)
  }

  /// The bytes of a base64 text; XML white space is skipped anywhere.
  public static func decode(_ text: String) throws(Base64Problem) -> [UInt8] {
    let collected = MemorySink()
    let decoder = Base64DecodingSink(next: collected)
    do {
      try decoder.write(text)
      try decoder.close()
    } catch let problem as Base64Problem {
      throw problem
    } catch {
      throw .character  // A memory sink without limit throws nothing else.
    }
    return collected.bytes
  }
}

/// Encodes what passes as base64 without line breaks.
public final class Base64EncodingSink: ByteSink {
  private let next: any ByteSink
  private var held: [UInt8] = []
  private var output = [UInt8](repeating: 0, count: Base64EncodingSink.block / 3 * 4 + 1)
  private static let block = 48 * 1024  // divisible by three

  public init(next: any ByteSink) {
    self.next = next
    held.reserveCapacity(3)
  }

  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes[...]
    if !held.isEmpty {
      while held.count < 3, let byte = rest.popFirst() { held.append(byte) }
      guard held.count == 3 else { return }
      try held.withUnsafeBytes { try encode($0) }
      held.removeAll(keepingCapacity: true)
    }
    let whole = rest.count / 3 * 3
    var position = rest.startIndex
    let end = position + whole
    while position < end {
      let upTo = min(position + Self.block, end)
      try encode(UnsafeRawBufferPointer(rebasing: rest[position..<upTo]))
      position = upTo
    }
    held.append(contentsOf: rest[end...])
  }

  public func close() throws {
    if !held.isEmpty { try held.withUnsafeBytes { try encode($0) } }
    held.removeAll()
    try next.close()
  }

  private func encode(_ bytes: UnsafeRawBufferPointer) throws {
    try output.withUnsafeMutableBytes { room in
      let length = EVP_EncodeBlock(
        room.bindMemory(to: UInt8.self).baseAddress, bytes.bindMemory(to: UInt8.self).baseAddress, Int32(bytes.count))
      try next.write(UnsafeRawBufferPointer(rebasing: room[..<Int(length)]))
    }
  }
}
