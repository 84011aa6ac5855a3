/// More bytes came than the reader was told to accept.
public struct ByteLimitExceeded: Error, Sendable {
  /// The limit, in bytes.
  public let limit: Int
}

/// Collects what is written, up to a limit.
public final class MemorySink: ByteSink {
  /// What has been written so far.
  public private(set) var bytes: [UInt8] = []
  private let limit: Int

  /// - Parameter limit: the most bytes to hold; one more throws ``ByteLimitExceeded``.
  public init(limit: Int = .max) {
    self.limit = limit
  }

  public func write(_ more: UnsafeRawBufferPointer) throws {
    guard more.count <= limit - bytes.count else { throw ByteLimitExceeded(limit: limit) }
    bytes.append(contentsOf: more)
  }

  public func close() throws {}
}

/// Takes everything and keeps nothing.
public final class DiscardingSink: ByteSink {
  public init() {}
  public func write(_ bytes: UnsafeRawBufferPointer) throws {}
  public func close() throws {}
}

/// Hands the same bytes to several sinks, in their order.
public final class TeeSink: ByteSink {
  private let sinks: [any ByteSink]

  public init(_ sinks: [any ByteSink]) {
    self.sinks = sinks
  }

  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    for sink in sinks { try sink.write(bytes) }
  }

  public func close() throws {
    for sink in sinks { try sink.close() }
  }
}

/// Counts the bytes that pass and stops them at a limit.
public final class CountingSink: ByteSink {
  /// The bytes that have passed so far.
  public private(set) var count = 0
  private let limit: Int
  private let next: (any ByteSink)?

  /// - Parameter limit: the most bytes to let pass; one more throws ``ByteLimitExceeded``.
  public init(limit: Int = .max, next: (any ByteSink)? = nil) {
    self.limit = limit
    self.next = next
  }

  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    guard bytes.count <= limit - count else { throw ByteLimitExceeded(limit: limit) }
    count += bytes.count
    try next?.write(bytes)
  }

  public func close() throws {
    try next?.close()
  }
}

/// Passes bytes on but keeps the end to itself, for a stream that is part of a longer one.
public final class PartSink: ByteSink {
  private let whole: any ByteSink

  public init(of whole: any ByteSink) {
    self.whole = whole
  }

  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    try whole.write(bytes)
  }

  public func close() throws {}
}
