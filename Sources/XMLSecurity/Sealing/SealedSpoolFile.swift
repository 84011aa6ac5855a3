import Foundation

/// A file in a spool that is sealed as it is written: none of its plain bytes ever reaches the disk.
public final class SealedSpoolFile: ByteSink {
  /// The name to keep it under, with which alone it opens.
  public let name: String
  /// The plain bytes written so far.
  public private(set) var size = 0
  private let file: SpoolFile
  private let sink: SealingSink
  package let key: SealKey

  /// Opens a new file for writing. It vanishes unless it is kept.
  public init(in spool: Spool, key: SealKey) throws(SpoolProblem) {
    name = randomUUID().uuidString.lowercased()
    file = try spool.create()
    self.key = key
    sink = SealingSink(key, name: name, next: file)
  }

  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    size += bytes.count
    try sink.write(bytes)
  }

  /// Ends the file, which can be read then. Nothing is durable yet.
  public func close() throws { try sink.close() }

  /// The file as it lies until it is kept.
  public var temporary: StoredFile { StoredFile(file.temporaryURL, sealedWith: key, as: name) }

  /// Makes the bytes durable under the temporary name; ``keep(in:ending:)`` then only has to rename.
  public func sync() throws(SpoolProblem) { try file.sync() }

  /// Makes the closed file durable under ``name``, in another spool of the same disk where one is given.
  /// - Parameter ending: stands in the file's name after ``name``.
  public func keep(in spool: Spool? = nil, ending: String = "") throws(SpoolProblem) {
    try file.keep(as: name + ending, in: spool)
  }

  /// Removes the file, unless it has been kept.
  public func discard() { file.discard() }
}
