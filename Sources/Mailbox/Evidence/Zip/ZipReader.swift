import Foundation
import XMLSecurity

/// Reads a zip file of stored entries that somebody handed in. Every byte of the file belongs to exactly one entry or to
/// the list of entries, so that no two readers see different things in it; nothing of it becomes a path.
final class ZipReader {
  struct Entry: Hashable {
    let name: String
    /// Where its bytes begin in the file.
    let offset: Int
    /// In bytes.
    let size: Int
  }

  let entries: [Entry]
  private let descriptor: Int32

  /// - Throws: ``ZipProblem``, whose every reason names the entry where there is one.
  init(_ path: String, maximumEntries: Int = ZipFormat.maximumEntries) throws {
    // Opening a pipe would wait for ever.
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw ZipProblem.unreadable("\(path): \(String(cString: strerror(errno)))") }
    do {
      entries = try Self.read(descriptor, maximumEntries)
    } catch {
      close(descriptor)
      throw error
    }
  }

  deinit {
    close(descriptor)
  }

  func entry(_ name: String) -> Entry? { entries.first { $0.name == name } }

  /// Streams an entry's bytes into the sink and leaves it open.
  func read(_ entry: Entry, into sink: any ByteSink) throws {
    var offset = entry.offset
    var rest = entry.size
    while rest > 0 {
      let piece = try Self.bytes(descriptor, at: offset, min(rest, 65_536))
      try sink.write(piece)
      offset += piece.count
      rest -= piece.count
    }
  }

  /// An entry's bytes, if there are no more than the limit.
  func bytes(of entry: Entry, limit: Int) throws -> [UInt8] {
    guard entry.size <= limit else {
      throw ZipProblem.unreadable("the entry \(entry.name) is larger than \(limit) bytes")
    }
    let sink = MemorySink(limit: limit)
    try read(entry, into: sink)
    return sink.bytes
  }

  // MARK: The list of entries

  private static func read(_ descriptor: Int32, _ maximumEntries: Int) throws -> [Entry] {
    var info = stat()
    guard fstat(descriptor, &info) == 0, info.st_mode & S_IFMT == S_IFREG else {
      throw ZipProblem.unreadable("it is no regular file")
    }
    let size = Int(info.st_size)
    guard size <= ZipFormat.maximumBytes else { throw ZipProblem.tooLarge }
    guard size >= ZipFormat.endLength else { throw ZipProblem.unreadable("it is no zip file") }
    // 1. The end record is at the very end, and tells of one disk.
    let endOffset = size - ZipFormat.endLength
    var end = Fields(try bytes(descriptor, at: endOffset, ZipFormat.endLength))
    guard end.long() == ZipFormat.endSignature else { throw ZipProblem.unreadable("it is no zip file, or is cut off") }
    let disks = (end.short(), end.short())
    let counts = (end.short(), end.short())
    let (length, start) = (end.long(), end.long())
    guard disks == (0, 0), counts.0 == counts.1, end.short() == 0, start + length == endOffset else {
      throw ZipProblem.unreadable("its end record contradicts the file")
    }
    guard counts.0 > 0, counts.0 <= maximumEntries,
      length <= counts.0 * (ZipFormat.centralLength + ZipFormat.maximumName + 1_024)
    else { throw ZipProblem.unreadable("it has too many entries, or none") }
    // 2. The list holds as many entries as it says, and nothing else.
    let listed = try list(Fields(try bytes(descriptor, at: start, length)), count: counts.0)
    // 3. The entries lie one after the other, from the file's beginning to the list's.
    var next = 0
    var entries: [Entry] = []
    for entry in listed.sorted(by: { $0.offset < $1.offset }) {
      guard entry.offset == next else {
        throw ZipProblem.unreadable("the entry \(entry.name) overlaps, or hides bytes")
      }
      let data = try dataOffset(of: entry, descriptor, before: start)
      entries.append(Entry(name: entry.name, offset: data, size: entry.size))
      next = data + entry.size
    }
    guard next == start else { throw ZipProblem.unreadable("bytes of the file belong to no entry") }
    return entries
  }

  private struct Listed {
    let name: String
    let nameBytes: [UInt8]
    let offset: Int
    let size: Int
  }

  private static func list(_ fields: Fields, count: Int) throws -> [Listed] {
    var fields = fields
    var names: Set<String> = []
    var listed: [Listed] = []
    for _ in 0..<count {
      guard fields.rest >= ZipFormat.centralLength, fields.long() == ZipFormat.centralSignature else {
        throw ZipProblem.unreadable("its list of entries is cut off")
      }
      fields.skip(4)
      let (flags, method) = (fields.short(), fields.short())
      fields.skip(8)
      let (compressed, size) = (fields.long(), fields.long())
      let lengths = (name: fields.short(), extra: fields.short(), comment: fields.short())
      let disk = fields.short()
      fields.skip(6)
      let offset = fields.long()
      guard fields.rest >= lengths.name + lengths.extra + lengths.comment else {
        throw ZipProblem.unreadable("its list of entries is cut off")
      }
      let nameBytes = fields.take(lengths.name)
      fields.skip(lengths.extra + lengths.comment)
      guard let name = String(validating: nameBytes, as: UTF8.self), ZipFormat.isPlain(name) else {
        throw ZipProblem.unreadable(
          "an entry's name is no plain path: \(shown(String(decoding: nameBytes, as: UTF8.self)))")
      }
      // Some file systems take letters of either case for the same.
      guard names.insert(name.lowercased()).inserted else { throw ZipProblem.duplicate(name) }
      guard method == 0, flags & ~0x0800 == 0, compressed == size, disk == 0 else {
        throw ZipProblem.unreadable("the entry \(name) is not stored as it is")
      }
      listed.append(Listed(name: name, nameBytes: nameBytes, offset: offset, size: size))
    }
    guard fields.rest == 0 else { throw ZipProblem.unreadable("its list of entries holds more than it says") }
    return listed
  }

  /// Where the entry's bytes begin; its own header says the same as the list.
  private static func dataOffset(of entry: Listed, _ descriptor: Int32, before end: Int) throws -> Int {
    let wrong = ZipProblem.unreadable("the entry \(entry.name) contradicts the list of entries")
    guard entry.offset + ZipFormat.localLength <= end else { throw wrong }
    var header = Fields(try bytes(descriptor, at: entry.offset, ZipFormat.localLength))
    guard header.long() == ZipFormat.localSignature else { throw wrong }
    header.skip(2)
    let (flags, method) = (header.short(), header.short())
    header.skip(8)
    let (compressed, size) = (header.long(), header.long())
    let (name, extra) = (header.short(), header.short())
    let data = entry.offset + ZipFormat.localLength + name + extra
    guard method == 0, flags & ~0x0800 == 0, compressed == entry.size, size == entry.size,
      name == entry.nameBytes.count, data + entry.size <= end,
      try bytes(descriptor, at: entry.offset + ZipFormat.localLength, name) == entry.nameBytes
    else { throw wrong }
    return data
  }

  private static func bytes(_ descriptor: Int32, at offset: Int, _ count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let more = bytes.withUnsafeMutableBytes {
        pread(descriptor, $0.baseAddress! + done, count - done, off_t(offset + done))
      }
      if more < 0 && errno == EINTR { continue }
      guard more > 0 else { throw ZipProblem.unreadable("the file is cut off") }
      done += more
    }
    return bytes
  }
}

/// Numbers as zip files have them. Its user looks at ``rest`` first.
private struct Fields {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  var rest: Int { bytes.count - position }

  mutating func skip(_ count: Int) { position += count }

  mutating func take(_ count: Int) -> [UInt8] {
    defer { position += count }
    return Array(bytes[position..<position + count])
  }

  mutating func short() -> Int { take(2).reversed().reduce(0) { $0 << 8 | Int($1) } }
  mutating func long() -> Int { take(4).reversed().reduce(0) { $0 << 8 | Int($1) } }
}
