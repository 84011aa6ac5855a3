import XMLSecurity

/// Output stays within its limit, and what the input unpacks to can be packed and unpacked again.
@Sendable func fuzzGzip(_ input: [UInt8]) throws {
  let limit = 1 << 20
  let unpacked = MemorySink()
  defer { require(unpacked.bytes.count <= limit, "the limit") }
  try feed(input, to: GzipDecompressingSink(outputLimit: limit, next: unpacked))
  let again = MemorySink()
  let packing = GzipCompressingSink(next: PackedAgain(next: GzipDecompressingSink(outputLimit: limit, next: again)))
  try feed(unpacked.bytes, to: packing, chunk: 4_096)
  require(again.bytes == unpacked.bytes, "round trip")
}

/// Fails loudly where our own compressed bytes are refused.
private final class PackedAgain: ByteSink {
  private let next: any ByteSink
  init(next: any ByteSink) { self.next = next }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    require((try? next.write(bytes)) != nil, "our gzip unpacks")
  }

  func close() throws {
    require((try? next.close()) != nil, "our gzip ends")
  }
}
