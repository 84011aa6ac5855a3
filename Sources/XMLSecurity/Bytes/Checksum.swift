internal import CZlib

/// The CRC-32 of what passes, as zip files have it. It finds accidents, not intent.
public final class ChecksumSink: ByteSink {
  private let next: any ByteSink
  /// The checksum of what has passed.
  public private(set) var checksum: UInt32 = 0
  /// The bytes that have passed.
  public private(set) var count = 0

  public init(next: any ByteSink) {
    self.next = next
  }

  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    if let start = bytes.bindMemory(to: UInt8.self).baseAddress {
      checksum = UInt32(crc32_z(UInt(checksum), start, bytes.count))
    }
    count += bytes.count
    try next.write(bytes)
  }

  public func close() throws {
    try next.close()
  }
}
