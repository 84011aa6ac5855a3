import XMLSecurity

/// Writes a zip file of stored entries, a chunk at a time. The same entries give the same bytes: no time, no owner.
final class ZipWriter {
  private let file: SpoolFile
  private let maximumEntries: Int
  private var entries: [Entry] = []
  private var names: Set<String> = []

  private struct Entry {
    let name: String
    let offset: Int
    let size: Int
    let checksum: UInt32
  }

  /// - Parameters:
  ///   - file: empty; it is for the caller to keep.
  ///   - maximumEntries: up to 65,534.
  init(_ file: SpoolFile, maximumEntries: Int = ZipFormat.maximumEntries) {
    self.file = file
    self.maximumEntries = maximumEntries
  }

  /// Writes an entry and gives its SHA-256.
  @discardableResult
  func add(_ name: String, _ write: (any ByteSink) throws -> Void) throws -> [UInt8] {
    precondition(ZipFormat.isPlain(name), "an entry has a plain name")
    guard names.insert(name).inserted else { throw ZipProblem.duplicate(name) }
    let offset = file.size
    // Checksum and size are known afterwards, and put in their place then.
    try file.write(header(name, checksum: 0, size: 0))
    let room = max(0, ZipFormat.maximumBytes - file.size)
    let digest = DigestSink(.sha256, next: ChecksumPart(file, room: room))
    let checksum = ChecksumSink(next: digest)
    do {
      try write(checksum)
    } catch is ByteLimitExceeded {
      throw ZipProblem.tooLarge
    }
    try file.overwrite(at: offset, header(name, checksum: checksum.checksum, size: checksum.count))
    entries.append(Entry(name: name, offset: offset, size: checksum.count, checksum: checksum.checksum))
    return digest.digest()
  }

  /// Writes an entry of a few bytes and gives its SHA-256.
  @discardableResult
  func add(_ name: String, _ bytes: [UInt8]) throws -> [UInt8] {
    try add(name) { try $0.write(bytes) }
  }

  /// Writes the list of entries. Nothing can be added afterwards.
  func finish() throws {
    let start = file.size
    for entry in entries { try file.write(listed(entry)) }
    let length = file.size - start
    guard file.size <= ZipFormat.maximumBytes, entries.count <= maximumEntries else {
      throw ZipProblem.tooLarge
    }
    var end = LittleEndian()
    end.put(UInt32(ZipFormat.endSignature))
    end.put(shorts: 0, 0, UInt16(entries.count), UInt16(entries.count))
    end.put(UInt32(length))
    end.put(UInt32(start))
    end.put(shorts: 0)
    try file.write(end.bytes)
  }

  private func header(_ name: String, checksum: UInt32, size: Int) -> [UInt8] {
    var header = LittleEndian()
    header.put(UInt32(ZipFormat.localSignature))
    header.put(shorts: 10, 0, 0, 0, Self.firstDay)
    header.put(checksum)
    header.put(UInt32(size))
    header.put(UInt32(size))
    header.put(shorts: UInt16(name.utf8.count), 0)
    return header.bytes + Array(name.utf8)
  }

  private func listed(_ entry: Entry) -> [UInt8] {
    var header = LittleEndian()
    header.put(UInt32(ZipFormat.centralSignature))
    header.put(shorts: 10, 10, 0, 0, 0, Self.firstDay)
    header.put(entry.checksum)
    header.put(UInt32(entry.size))
    header.put(UInt32(entry.size))
    header.put(shorts: UInt16(entry.name.utf8.count), 0, 0, 0, 0)
    header.put(UInt32(0))
    header.put(UInt32(entry.offset))
    return header.bytes + Array(entry.name.utf8)
  }

  /// 1980-01-01, as DOS writes it.
  private static let firstDay: UInt16 = 0x21
}

/// Passes an entry's bytes into the file, as long as there is room.
private final class ChecksumPart: ByteSink {
  private let next: CountingSink

  init(_ file: SpoolFile, room: Int) {
    next = CountingSink(limit: room, next: PartSink(of: file))
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws { try next.write(bytes) }
  func close() throws {}
}

/// Numbers as zip files have them.
struct LittleEndian {
  private(set) var bytes: [UInt8] = []

  mutating func put(_ value: UInt32) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func put(shorts values: UInt16...) {
    for value in values { withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) } }
  }
}
