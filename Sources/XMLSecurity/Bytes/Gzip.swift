internal import CZlib

/// How hard to look for repetitions.
public enum GzipStrategy: Hashable, Sendable {
  /// Entropy coding only. Text that is base64 of ciphertext has no repetitions to find, so this gives the ratio of
  /// level 6 at several times its speed.
  case huffmanOnly
  /// A zlib level, 1…9.
  case level(Int32)
}

/// Why bytes are not one gzip member within its limits (RFC 1952).
public enum GzipProblem: Error, Hashable, Sendable {
  case notGzip, corrupt, truncated, trailingData, tooLarge
}

/// Compresses what passes into one gzip member. The header carries no time, so equal input gives equal output.
public final class GzipCompressingSink: ByteSink {
  private let next: any ByteSink
  private var stream = z_stream()
  private let ready: Bool
  private var output = [UInt8](repeating: 0, count: 64 * 1024)

  public init(_ strategy: GzipStrategy = .huffmanOnly, next: any ByteSink) {
    self.next = next
    let (level, kind): (Int32, Int32) =
      switch strategy {
      case .huffmanOnly: (Z_DEFAULT_COMPRESSION, Z_HUFFMAN_ONLY)
      case .level(let level): (level, Z_DEFAULT_STRATEGY)
      }
    ready = sdk_deflateInit2(&stream, level, 15 + 16, 8, kind) == Z_OK
  }

  deinit {
    deflateEnd(&stream)
  }

  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    guard !bytes.isEmpty else { return }
    try deflate(bytes, Z_NO_FLUSH)
  }

  public func close() throws {
    try deflate(UnsafeRawBufferPointer(start: nil, count: 0), Z_FINISH)
    try next.close()
  }

  private func deflate(_ bytes: UnsafeRawBufferPointer, _ flush: Int32) throws {
    guard ready else { throw GzipProblem.corrupt }
    stream.next_in = UnsafeMutablePointer(mutating: bytes.bindMemory(to: UInt8.self).baseAddress)
    stream.avail_in = UInt32(bytes.count)
    repeat {
      let (status, count) = fill(&output, &stream) { CZlib.deflate(&$0, flush) }
      guard status != Z_STREAM_ERROR else { throw GzipProblem.corrupt }
      if count > 0 { try output.withUnsafeBytes { try next.write(UnsafeRawBufferPointer(rebasing: $0[..<count])) } }
    } while stream.avail_out == 0
  }
}

/// Decompresses one gzip member and refuses everything else: a second member, data after it, an output above the limit
/// or out of proportion to the input.
public final class GzipDecompressingSink: ByteSink {
  private let next: any ByteSink
  private let outputLimit: Int
  private let ratioLimit: Int
  private var stream = z_stream()
  private let ready: Bool
  private var read = 0
  private var written = 0
  private var ended = false
  private var output = [UInt8](repeating: 0, count: 64 * 1024)

  /// - Parameters:
  ///   - outputLimit: the most bytes to put out.
  ///   - ratioLimit: the most bytes of output for each byte of input; deflate itself cannot exceed about 1,032.
  public init(outputLimit: Int, ratioLimit: Int = 1_100, next: any ByteSink) {
    self.next = next
    self.outputLimit = outputLimit
    self.ratioLimit = ratioLimit
    ready = sdk_inflateInit2(&stream, 15 + 16) == Z_OK
  }

  deinit {
    inflateEnd(&stream)
  }

  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    guard !bytes.isEmpty else { return }
    guard ready else { throw GzipProblem.corrupt }
    guard !ended else { throw GzipProblem.trailingData }
    read += bytes.count
    stream.next_in = UnsafeMutablePointer(mutating: bytes.bindMemory(to: UInt8.self).baseAddress)
    stream.avail_in = UInt32(bytes.count)
    repeat {
      let (status, count) = fill(&output, &stream) { inflate(&$0, Z_NO_FLUSH) }
      guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else {
        // Magic, method and flags are the first four bytes; whatever else is wrong is wrong in a gzip member.
        throw stream.total_in <= 4 ? GzipProblem.notGzip : GzipProblem.corrupt
      }
      try put(count)
      if status == Z_STREAM_END {
        ended = true
        guard stream.avail_in == 0 else { throw GzipProblem.trailingData }
        return
      }
    } while stream.avail_out == 0 || stream.avail_in > 0
  }

  public func close() throws {
    guard ended else { throw read == 0 ? GzipProblem.notGzip : GzipProblem.truncated }
    try next.close()
  }

  private func put(_ count: Int) throws {
    guard count > 0 else { return }
    written += count
    guard written <= outputLimit, written <= read.multipliedReportingOverflow(by: ratioLimit).partialValue else {
      throw GzipProblem.tooLarge
    }
    try output.withUnsafeBytes { try next.write(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
  }
}

/// Lets zlib fill the room: what it said, and how many bytes it put there.
private func fill(
  _ output: inout [UInt8], _ stream: inout z_stream, _ step: (inout z_stream) -> Int32
) -> (status: Int32, count: Int) {
  output.withUnsafeMutableBufferPointer { room in
    stream.next_out = room.baseAddress
    stream.avail_out = UInt32(room.count)
    return (step(&stream), room.count - Int(stream.avail_out))
  }
}
