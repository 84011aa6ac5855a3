import XMLSecurity

/// An envelope's file, opened once. Every pass reads through the same descriptor, so that a file put in its place between
/// verifying and opening is never read; a stored file itself is not written again.
final class EnvelopeFile: Sendable {
  var size: Int { reader.size }
  private let reader: StoredFileReader
  private let progress: (@Sendable (Int) -> Void)?

  init(_ file: StoredFile, maximumBytes: Int, progress: (@Sendable (Int) -> Void)? = nil) throws(EnvelopeProblem) {
    self.progress = progress
    do {
      reader = try file.open()
    } catch {
      throw .unreadable
    }
    guard reader.size <= maximumBytes else { throw .notWellFormed(XMLProblem(kind: .size, line: 1)) }
  }

  /// One pass over the file.
  func parse(with handler: any XMLEventHandler) throws(EnvelopeProblem) {
    do {
      try read(with: handler)
    } catch let problem as XMLProblem {
      throw .notWellFormed(problem)
    } catch let problem as EnvelopeProblem {
      throw problem
    } catch {
      throw .unreadable
    }
  }

  /// One pass over the file that lets through what the handler throws.
  func read(with handler: any XMLEventHandler) throws {
    let parser = XMLStreamParser(limits: .envelope(totalBytes: size, largeText: Self.largeText), handler: handler)
    let sink = progress.map { ProgressSink($0, next: parser) as any ByteSink } ?? parser
    try reader.read(into: sink)
    try parser.close()
  }

  // Where unencrypted payloads carry their attachments and texts, and a payload that is not XML.
  private static let largeText = MessageSchema.largeText.union([EnvelopeNames.payloadContent])
}
