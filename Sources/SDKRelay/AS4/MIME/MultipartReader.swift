import Foundation
import XMLSecurity

/// Splits a multipart body (RFC 2046 §5.1) as it arrives, in chunks of any size.
///
/// What two readers might understand differently is refused (threat T1): a line that merely begins with the boundary,
/// a boundary after a bare LF, a body that does not end, text after the end. Memory stays at one chunk.
final class MultipartReader: ByteSink {
  /// Gives the sink for a part's decoded content. The reader closes it at the part's end.
  typealias Opener = (_ head: PartHead, _ number: Int) throws -> any ByteSink

  private enum Place {
    case preamble, head, content, epilogue
  }

  private let needle: [UInt8]
  private let maximumParts: Int
  private let open: Opener
  private var place = Place.preamble
  /// Bytes that cannot be judged before more arrive. A line end stands for the start of the body.
  private var held: [UInt8] = [0x0D, 0x0A]
  private var skipped = 0
  /// Bytes of the header that hold no end of it, so that one that comes byte by byte is searched once.
  private var searched = 0
  private var part = 0
  private var sink: (any ByteSink)?
  private static let maximumHead = 8 * 1024

  /// - Parameters:
  ///   - boundary: the parameter of the Content-Type.
  ///   - maximumParts: the most parts, the root included.
  init(boundary: String, maximumParts: Int, open: @escaping Opener) throws(EbMSError) {
    let isLegal = boundary.utf8.allSatisfy { (0x20...0x7E).contains($0) } && !boundary.hasSuffix(" ")
    guard isLegal, (1...70).contains(boundary.utf8.count) else {
      throw EbMSError(.mimeInconsistency, "Content-Type: the boundary is not legal")
    }
    needle = Array("\n--\(boundary)".utf8)
    self.maximumParts = maximumParts
    self.open = open
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    held.append(contentsOf: bytes)
    var position = 0
    while try step(&position) {}
    held.removeFirst(position)
  }

  func close() throws {
    guard place == .epilogue else {
      throw EbMSError(
        .mimeInconsistency, place == .preamble ? "the first boundary is missing" : "part \(max(part, 1)) does not end")
    }
  }

  /// Takes what can be judged from `held`, starting at `position`. False when more bytes are needed.
  private func step(_ position: inout Int) throws -> Bool {
    switch place {
    case .preamble, .content: try content(&position)
    case .head: try head(&position)
    case .epilogue: try epilogue(&position)
    }
  }

  // MARK: Content up to the next boundary

  private func content(_ position: inout Int) throws -> Bool {
    guard let found = find(from: position) else {
      let end = firstDoubtful(from: position)
      try put(position..<end)
      position = end
      return false
    }
    guard found > position, held[found - 1] == 0x0D else {
      throw EbMSError(.mimeInconsistency, "part \(part): a boundary follows a bare LF")
    }
    guard let line = try boundaryLine(after: found + needle.count) else {
      try put(position..<found - 1)
      position = found - 1
      return false
    }
    try put(position..<found - 1)
    try sink?.close()
    sink = nil
    position = line.end
    place = line.isLast ? .epilogue : .head
    guard !line.isLast || part > 0 else { throw EbMSError(.mimeInconsistency, "the message has no part") }
    return true
  }

  /// What follows the boundary on its line: `--`, or white space and CR LF. Nil when more bytes are needed.
  private func boundaryLine(after start: Int) throws -> (end: Int, isLast: Bool)? {
    let rest = held[start...]
    if rest.starts(with: Array("--".utf8)) { return (start + 2, true) }
    let padding = rest.prefix { $0 == 0x20 || $0 == 0x09 }
    let end = rest.dropFirst(padding.count)
    if end.starts(with: [0x0D, 0x0A]) { return (end.startIndex + 2, false) }
    let isUndecided = end.isEmpty || end.elementsEqual([0x0D]) || rest.elementsEqual(Array("-".utf8))
    guard end.first != 0x0A else {
      throw EbMSError(.mimeInconsistency, "the line of the boundary before part \(part + 1) ends with a bare LF")
    }
    guard isUndecided, padding.count <= 70 else {
      throw EbMSError(.mimeInconsistency, "part \(part): a line begins with the boundary and goes on")
    }
    return nil
  }

  private func put(_ range: Range<Int>) throws {
    guard !range.isEmpty else { return }
    // The two bytes of a virtual line end before the content are not content.
    var range = range
    if skipped < 2 {
      let count = min(2 - skipped, range.count)
      skipped += count
      range = range.lowerBound + count..<range.upperBound
    }
    guard !range.isEmpty else { return }
    if place == .preamble {
      skipped += range.count
      guard skipped <= Self.maximumHead else {
        throw EbMSError(.mimeInconsistency, "more than 8 kB before the first boundary")
      }
    }
    try held.withUnsafeBytes { try sink?.write(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }

  /// Looks for line feeds and compares what follows: in ciphertext one byte of 256 is a candidate.
  private func find(from position: Int) -> Int? {
    held.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return nil }
      var place = position
      while bytes.count - place >= needle.count {
        guard let hit = memchr(start + place, 0x0A, bytes.count - needle.count + 1 - place) else { return nil }
        place = UnsafeRawPointer(hit) - start
        if memcmp(hit, needle, needle.count) == 0 { return place }
        place += 1
      }
      return nil
    }
  }

  /// The first place from which a boundary might begin whose rest has not arrived.
  private func firstDoubtful(from position: Int) -> Int {
    let tail = max(position, held.count - needle.count)
    return held[tail...].firstIndex { $0 == 0x0D || $0 == 0x0A } ?? held.count
  }

  // MARK: A part's header

  private func head(_ position: inout Int) throws -> Bool {
    // An empty header is one CR LF at once.
    if held[position...].starts(with: [0x0D, 0x0A]) {
      try begin(held[position..<position])
      return true
    }
    let end = endOfHead(from: position)
    guard (end ?? held.count - position) <= Self.maximumHead else {
      throw EbMSError(.mimeInconsistency, "part \(part + 1): the header exceeds 8 kB")
    }
    guard let end else { return false }
    try begin(held[position..<position + end])
    position += end + 2  // The line end that closes the header may also open the next boundary.
    return true
  }

  /// The length of the header lines, when the empty line that ends them is there.
  private func endOfHead(from position: Int) -> Int? {
    let end: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]
    let upTo = min(held.count - position, Self.maximumHead + 4)
    while searched + end.count <= upTo {
      let start = position + searched
      if held[start] == 0x0D, held[start..<start + end.count].elementsEqual(end) { return searched }
      searched += 1
    }
    return nil
  }

  private func begin(_ block: ArraySlice<UInt8>) throws {
    part += 1
    guard part <= maximumParts else {
      throw EbMSError(.mimeInconsistency, "more than \(maximumParts - 1) parts beside the SOAP part")
    }
    let head = try PartHead(block, part: part)
    let next = try open(head, part)
    sink = head.encoding == .base64 ? PartDecodingSink(part: part, next: next) : next
    place = .content
    skipped = 0
    searched = 0
  }

  // MARK: After the end

  private func epilogue(_ position: inout Int) throws -> Bool {
    guard held[position...].allSatisfy({ [0x20, 0x09, 0x0D, 0x0A].contains($0) }) else {
      throw EbMSError(.mimeInconsistency, "something follows the last boundary")
    }
    position = held.count
    return false
  }
}

/// Decodes a base64 part and says which one cannot be decoded.
private final class PartDecodingSink: ByteSink {
  private let part: Int
  private let decoder: Base64DecodingSink

  init(part: Int, next: any ByteSink) {
    self.part = part
    decoder = Base64DecodingSink(next: next)
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    try named { try decoder.write(bytes) }
  }

  func close() throws {
    try named { try decoder.close() }
  }

  private func named(_ body: () throws -> Void) throws {
    do {
      try body()
    } catch is Base64Problem {
      throw EbMSError(.mimeInconsistency, "part \(part): not base64")
    }
  }
}
