/// Tells how many bytes have passed, for whoever waits for long work.
public final class ProgressSink: ByteSink {
  private let progress: @Sendable (Int) -> Void
  private let next: any ByteSink
  private var count = 0

  /// - Parameter progress: told the bytes so far, after each piece.
  public init(_ progress: @escaping @Sendable (Int) -> Void, next: any ByteSink) {
    self.progress = progress
    self.next = next
  }

  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    try next.write(bytes)
    count += bytes.count
    progress(count)
  }

  public func close() throws {
    try next.close()
  }
}
