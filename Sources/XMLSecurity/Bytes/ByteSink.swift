/// Takes bytes in order and hands what it makes of them to the next sink.
///
/// Sinks form the pipelines through which every message streams, so that no layer holds a whole message. A sink belongs
/// to one task at a time and is not thread-safe.
public protocol ByteSink: AnyObject {
  /// Takes the next bytes. The buffer is valid during the call only.
  func write(_ bytes: UnsafeRawBufferPointer) throws

  /// Ends the input: flushes what is held back, then closes the next sink. Called once.
  func close() throws
}

extension ByteSink {
  /// Writes the bytes.
  public func write(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try write($0) }
  }

  /// Writes the text as UTF-8.
  public func write(_ text: String) throws {
    var text = text
    try text.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
  }
}
