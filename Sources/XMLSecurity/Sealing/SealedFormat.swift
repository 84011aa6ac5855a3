/// The form of a sealed file.
///
/// ```
/// "SDKSEAL1"    8 bytes
/// salt         16 random bytes
/// chunk …      65,520 bytes sealed with AES-256-GCM: the ciphertext and its tag of 16 bytes; the last has fewer
/// ```
/// Each file has a key of its own, derived from the data key, the file's name and the salt, so that the nonce may count
/// the chunks: 11 bytes with the chunk's number from 0, the highest first, and a byte that is 1 for the last chunk. A file
/// has at least one chunk, and that of an empty file is empty. So a chunk that is changed, left out, put elsewhere or
/// taken from another file does not open, and neither does the end of a file that was cut off or added to.
///
/// A chunk holds a multiple of three bytes: pieces of base64 join.
enum SealedFormat {
  static let magic = Array("SDKSEAL1".utf8)
  static let saltLength = 16
  static let headLength = 24
  /// The plain bytes of each chunk but the last.
  static let chunk = 65_520
  static let sealedChunk = chunk + SealCipher.tagLength

  static func key(_ key: SealKey, name: String, salt: [UInt8]) -> SealKey {
    key.derived(Array("sdk-relay sealed file 1\n\(name)\n".utf8) + salt)
  }

  static func nonce(_ number: Int, isLast: Bool) -> [UInt8] {
    [0, 0, 0] + (0..<8).map { UInt8(truncatingIfNeeded: UInt64(number) >> (56 - 8 * UInt64($0))) } + [isLast ? 1 : 0]
  }

  /// How many plain bytes a sealed file of this length holds, and in how many chunks; nil where none can be so long.
  static func layout(ofLength length: Int) -> (size: Int, chunks: Int)? {
    let body = length - headLength
    guard body >= SealCipher.tagLength else { return nil }
    let chunks = (body + sealedChunk - 1) / sealedChunk
    let last = body - (chunks - 1) * sealedChunk
    guard last >= SealCipher.tagLength, chunks == 1 || last > SealCipher.tagLength else { return nil }
    return (body - chunks * SealCipher.tagLength, chunks)
  }
}

/// Seals what passes as a file (``SealedFormat``).
final class SealingSink: ByteSink {
  private let next: any ByteSink
  private let cipher: SealCipher
  private let head: [UInt8]
  private var held: [UInt8] = []
  private var number = 0

  /// - Parameter name: the file's, with which alone it opens.
  init(_ key: SealKey, name: String, next: any ByteSink) {
    self.next = next
    let salt = randomBytes(SealedFormat.saltLength)
    head = SealedFormat.magic + salt
    cipher = SealCipher(SealedFormat.key(key, name: name, salt: salt), sealing: true)
    held.reserveCapacity(SealedFormat.chunk)
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      // A full chunk waits until it is known not to be the last.
      if held.count == SealedFormat.chunk { try put(isLast: false) }
      let piece = rest.prefix(SealedFormat.chunk - held.count)
      held.append(contentsOf: piece)
      rest = rest.dropFirst(piece.count)
    }
  }

  func close() throws {
    try put(isLast: true)
    try next.close()
  }

  private func put(isLast: Bool) throws {
    if number == 0 { try next.write(head) }
    let nonce = SealedFormat.nonce(number, isLast: isLast)
    try next.write(held.withUnsafeBytes { cipher.seal($0, nonce: nonce, binding: []) })
    held.removeAll(keepingCapacity: true)
    number += 1
  }
}
