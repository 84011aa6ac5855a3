import Foundation
import SDKRelay
import XMLSecurity

/// The bytes of a file, one after another, in constant memory.
final class LoadingBytes {
  private let handle: FileHandle
  private var buffer: [UInt8] = []
  private var place = 0
  private(set) var line = 1

  init(_ path: String) throws {
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw LoadingProblem.unreadable("it cannot be opened")
    }
    self.handle = handle
    try fill()
    if buffer.starts(with: [0xEF, 0xBB, 0xBF]) { place = 3 }
  }

  /// The next byte without taking it; nil at the end.
  func peek() throws -> UInt8? {
    if place == buffer.count { try fill() }
    return place < buffer.count ? buffer[place] : nil
  }

  func next() throws -> UInt8? {
    guard let byte = try peek() else { return nil }
    place += 1
    if byte == 0x0A { line += 1 }
    return byte
  }

  /// Whether the first line, as far as it has been read, has the byte.
  func firstLine(contains byte: UInt8) -> Bool {
    buffer[place...].prefix { $0 != 0x0A }.contains(byte)
  }

  private func fill() throws {
    buffer = try handle.read(upToCount: 65_536).map { [UInt8]($0) } ?? []
    place = 0
  }
}

/// What a file is, looked at once before any of it is taken.
struct LoadingFile: Hashable, Sendable {
  let path: String
  let digest: [UInt8]

  /// What the path is known by.
  var place: [UInt8] { XMLSecurity.digest(.sha256, of: Array(path.utf8)) }

  /// - Throws: ``LoadingProblem``; `FileProblem` where it is no regular file that may be read.
  init(_ path: String) throws {
    guard try NamedFile.size(path) > 0 else { throw LoadingProblem.empty }
    let sink = TextCheck()
    try readFile(URL(filePath: path), into: sink)
    try sink.close()
    self.path = URL(filePath: path).standardizedFileURL.path
    digest = sink.digest.digest()
  }
}

/// Takes the digest of a text, and refuses what is not UTF-8.
private final class TextCheck: ByteSink {
  let digest = DigestSink(.sha256)
  private var rest: [UInt8] = []
  private var isFirst = true

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    try digest.write(bytes)
    let piece = rest + bytes
    if isFirst { try checkStart(piece) }
    isFirst = false
    let whole = piece.count - Self.cut(piece)
    guard String(validating: piece[..<whole], as: UTF8.self) != nil else { throw LoadingProblem.notUTF8 }
    rest = Array(piece[whole...])
  }

  func close() throws {
    try digest.close()
    guard rest.isEmpty else { throw LoadingProblem.notUTF8 }
  }

  private func checkStart(_ bytes: [UInt8]) throws {
    let isMarked = bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])
    // In UTF-16 every second byte of a heading in ASCII is 0.
    let zeros = bytes.prefix(64).count { $0 == 0 }
    if isMarked || zeros * 3 > bytes.prefix(64).count { throw LoadingProblem.utf16 }
  }

  /// How many of the last bytes are the beginning of a character.
  private static func cut(_ bytes: [UInt8]) -> Int {
    for back in 1...3 where back <= bytes.count {
      let byte = bytes[bytes.count - back]
      if byte & 0xC0 == 0x80 { continue }
      let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
      return length > back ? back : 0
    }
    return 0
  }
}
