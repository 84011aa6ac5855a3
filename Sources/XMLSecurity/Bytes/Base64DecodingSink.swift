internal import COpenSSL

/// Decodes base64 (RFC 4648 §4) strictly: padding is required and canonical; XML white space is skipped anywhere.
///
/// Throws ``Base64Problem`` at the first wrong character, or at `close` when the text ends too early.
public final class Base64DecodingSink: ByteSink {
  private let next: any ByteSink
  private var quantum: UInt32 = 0
  private var held = 0
  private var padding = 0
  private var output = [UInt8](repeating: 0, count: Base64DecodingSink.block / 4 * 3 + 3)
  private var filled = 0
  private static let block = 64 * 1024  // divisible by four

  public init(next: any ByteSink) {
    self.next = next
  }

  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    var position = 0
    while position < bytes.count {
      if held == 0, padding == 0, bytes.count - position >= 64 {
        position += try decodeRun(bytes, from: position)
        guard position < bytes.count else { break }
      }
      try take(bytes[position])
      position += 1
    }
    try flush()
  }

  public func close() throws {
    guard held == 0 else { throw Base64Problem.padding }
    try flush()
    try next.close()
  }

  /// Decodes the whole quanta before the next white space or padding through OpenSSL's block decoder, which on its own
  /// would trim white space at the ends and read '=' as zero bits. Returns how many characters were taken.
  private func decodeRun(_ bytes: UnsafeRawBufferPointer, from start: Int) throws -> Int {
    let length = Self.values.withUnsafeBufferPointer { values in
      var end = start
      let limit = min(start + Self.block, bytes.count)
      while end < limit, values[Int(bytes[end])] < Self.space { end += 1 }
      return (end - start) / 4 * 4
    }
    guard length > 0 else { return 0 }
    try flush()
    let decoded = output.withUnsafeMutableBytes { room in
      EVP_DecodeBlock(
        room.bindMemory(to: UInt8.self).baseAddress,
        UnsafeRawBufferPointer(rebasing: bytes[start..<start + length]).bindMemory(to: UInt8.self).baseAddress,
        Int32(length))
    }
    guard Int(decoded) == length / 4 * 3 else { throw Base64Problem.character }
    filled = Int(decoded)
    return length
  }

  private func take(_ character: UInt8) throws {
    let value = Self.values[Int(character)]
    switch value {
    case Self.space: return
    case Self.pad: return try takePadding()
    case Self.wrong: throw Base64Problem.character
    default: break
    }
    guard padding == 0 else { throw Base64Problem.padding }
    quantum = quantum << 6 | UInt32(value)
    held += 1
    guard held == 4 else { return }
    try emit(3, of: quantum)
    quantum = 0
    held = 0
  }

  private func takePadding() throws {
    guard held >= 2 else { throw Base64Problem.padding }
    padding += 1
    guard held + padding == 4 else { return }
    // Two characters carry one byte and four spare bits, three carry two bytes and two spare bits.
    let spare: UInt32 = held == 2 ? 0b1111 : 0b11
    guard quantum & spare == 0 else { throw Base64Problem.trailingBits }
    try emit(held - 1, of: quantum << UInt32(6 * padding))
    held = 0
  }

  private func emit(_ count: Int, of value: UInt32) throws {
    if filled + 3 > output.count { try flush() }
    for index in 0..<count { output[filled + index] = UInt8(truncatingIfNeeded: value >> UInt32(16 - 8 * index)) }
    filled += count
  }

  private func flush() throws {
    guard filled > 0 else { return }
    let count = filled
    filled = 0
    try output.withUnsafeBytes { try next.write(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
  }

  private static let space: UInt8 = 64
  private static let pad: UInt8 = 65
  private static let wrong: UInt8 = 66
  private static let values: [UInt8] = {
    var table = [UInt8](repeating: wrong, count: 256)
    for (value, character) in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8.enumerated() {
      table[Int(character)] = UInt8(value)
    }
    for character in " \t\r\n".unicodeScalars { table[Int(character.value)] = space }
    table[Int(UInt8(ascii: "="))] = pad
    return table
  }()
}
