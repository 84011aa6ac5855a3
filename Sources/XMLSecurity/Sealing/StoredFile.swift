public import Foundation

/// A sealed file is not what was sealed under its name with its key: changed, cut off, another's, or the key is.
public struct SealedFileDamaged: Error, Hashable, Sendable, CustomStringConvertible {
  public init() {}
  public var description: String { "a sealed file is damaged, or not the one that its key belongs to" }
}

/// A file that is kept: in plain, or sealed under a name with a data key.
public struct StoredFile: Hashable, Sendable {
  /// Where it lies. What lies there are its plain bytes only where it is not sealed.
  public let url: URL
  let seal: Seal?

  struct Seal: Hashable, Sendable {
    let key: SealKey
    let name: String
  }

  /// A file in plain.
  public init(_ url: URL) {
    self.url = url
    seal = nil
  }

  /// - Parameter name: under which it was sealed.
  public init(_ url: URL, sealedWith key: SealKey, as name: String) {
    self.url = url
    seal = Seal(key: key, name: name)
  }

  /// How many plain bytes it holds now, by its length; nil where it cannot be seen.
  public var size: Int? {
    guard let length = FileInformation(path: url.path)?.size else { return nil }
    return seal == nil ? length : SealedFormat.layout(ofLength: length)?.size
  }

  /// Opens the file for reading. A sealed one must open to its end.
  /// - Throws: `SpoolProblem` where it cannot be read, ``SealedFileDamaged``.
  public func open() throws -> StoredFileReader {
    let reader = try StoredFileReader(self)
    // Nobody gets the beginning of what has lost its end.
    if seal != nil { _ = try reader.chunk(reader.chunks - 1) }
    return reader
  }

  /// Writes all its plain bytes into the sink, a chunk at a time, and leaves the sink open.
  public func write(into sink: any ByteSink) throws { try open().read(into: sink) }
}

/// An open file. Every pass reads through the same descriptor, so that all see the same bytes.
public final class StoredFileReader: Sendable {
  /// The plain bytes.
  public let size: Int
  /// How many chunks of ``chunkSize`` bytes it has; the last may be shorter.
  public let chunks: Int
  /// A multiple of three, so that pieces of base64 join.
  public static let chunkSize = SealedFormat.chunk
  private let descriptor: Int32
  private let key: SealKey?

  init(_ file: StoredFile) throws {
    descriptor = Foundation.open(file.url.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw SpoolProblem(errno: errno) }
    do {
      // What has no end to seek to, such as a pipe, is no file that can be read more than once.
      let length = Int(lseek(descriptor, 0, SEEK_END))
      guard length >= 0 else { throw SpoolProblem(errno: errno) }
      guard let seal = file.seal else {
        (size, chunks, key) = (length, (length + Self.chunkSize - 1) / Self.chunkSize, nil)
        return
      }
      let head = try Self.bytes(descriptor, at: 0, count: SealedFormat.headLength)
      guard let layout = SealedFormat.layout(ofLength: length), head.starts(with: SealedFormat.magic) else {
        throw SealedFileDamaged()
      }
      let salt = Array(head.dropFirst(SealedFormat.magic.count))
      (size, chunks) = (layout.size, layout.chunks)
      key = SealedFormat.key(seal.key, name: seal.name, salt: salt)
    } catch {
      close(descriptor)
      throw error
    }
  }

  deinit {
    close(descriptor)
  }

  /// Writes all plain bytes into the sink and leaves it open.
  public func read(into sink: any ByteSink) throws {
    let cipher = key.map { SealCipher($0, sealing: false) }
    for number in 0..<chunks { try sink.write(chunk(number, cipher)) }
  }

  /// The plain bytes of one chunk, from 0.
  public func chunk(_ number: Int) throws -> [UInt8] {
    try chunk(number, key.map { SealCipher($0, sealing: false) })
  }

  private func chunk(_ number: Int, _ cipher: SealCipher?) throws -> [UInt8] {
    precondition((0..<chunks).contains(number), "only what is there can be read")
    guard let cipher else {
      let offset = number * Self.chunkSize
      return try Self.bytes(descriptor, at: offset, count: min(Self.chunkSize, size - offset))
    }
    let count = min(Self.chunkSize, size - number * Self.chunkSize) + SealCipher.tagLength
    let offset = SealedFormat.headLength + number * SealedFormat.sealedChunk
    let sealed = try Self.bytes(descriptor, at: offset, count: count)
    let nonce = SealedFormat.nonce(number, isLast: number == chunks - 1)
    let opened = sealed.withUnsafeBytes { cipher.open($0, nonce: nonce, binding: []) }
    guard let opened else { throw SealedFileDamaged() }
    return opened
  }

  /// As many bytes as are there, at most `count`. The descriptor's position is neither used nor moved.
  private static func bytes(_ descriptor: Int32, at offset: Int, count: Int) throws -> [UInt8] {
    var problem: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: max(count, 1)) { room, done in
      while done < count {
        let read = pread(descriptor, room.baseAddress.map { $0 + done }, count - done, off_t(offset + done))
        if read < 0 && errno == EINTR { continue }
        if read < 0 { problem = errno }
        guard read > 0 else { return }
        done += read
      }
    }
    guard problem == 0 else { throw SpoolProblem(errno: problem) }
    return bytes
  }
}
