import Foundation
import XMLSecurity

/// An envelope's file, opened once. Every pass reads through the same descriptor, so that a file put in its place between
/// verifying and opening is never read; a spooled file itself is not written again.
final class EnvelopeFile: Sendable {
  let size: Int
  private let descriptor: Int32
  private let progress: (@Sendable (Int) -> Void)?

  init(_ url: URL, maximumBytes: Int, progress: (@Sendable (Int) -> Void)? = nil) throws(EnvelopeProblem) {
    self.progress = progress
    descriptor = open(url.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unreadable }
    // What has no end to seek to, such as a pipe, is no file that can be read more than once.
    size = Int(lseek(descriptor, 0, SEEK_END))
    guard size >= 0 else {
      close(descriptor)
      throw .unreadable
    }
    guard size <= maximumBytes else {
      close(descriptor)
      throw .notWellFormed(XMLProblem(kind: .size, line: 1))
    }
  }

  deinit {
    close(descriptor)
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
    try readFile(descriptor: descriptor, into: sink)
    try parser.close()
  }

  // Where unencrypted payloads carry their attachments and texts, and a payload that is not XML.
  private static let largeText = MessageSchema.largeText.union([EnvelopeNames.payloadContent])
}
