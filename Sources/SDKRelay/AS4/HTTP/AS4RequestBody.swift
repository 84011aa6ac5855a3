public import NIOCore

/// The bytes of a request as they arrive. Reading slowly slows the sender down; only a few chunks are ever held.
///
/// It can be read once, by one task at a time.
public struct AS4RequestBody: AsyncSequence, Sendable {
  /// The declared length, nil when the sender chunks.
  public let length: Int?
  let source: Source

  init(length: Int?, limit: Int, next: @escaping () async throws -> ByteBuffer?) {
    self.length = length
    self.source = Source(length: length, limit: limit, next: next)
  }

  /// A body of known bytes, for callers that did not get theirs from a socket.
  public init(_ bytes: [UInt8], chunk: Int = 65_536) {
    var rest = ByteBuffer(bytes: bytes)
    self.init(length: bytes.count, limit: .max) {
      rest.readableBytes == 0 ? nil : rest.readSlice(length: Swift.min(chunk, rest.readableBytes))
    }
  }

  /// The one iterator there may be.
  public func makeAsyncIterator() -> Iterator { Iterator(source: source) }

  /// Throws ``AS4RequestBodyProblem`` when the body cannot be had whole.
  public struct Iterator: AsyncIteratorProtocol {
    let source: Source
    /// The next chunk; nil at the end.
    public mutating func next() async throws -> ByteBuffer? { try await source.next() }
  }

  /// Counts, and remembers how it ended so that the endpoint knows what the handler saw.
  ///
  /// Unchecked: the request's one task uses it, first in the handler, then in the endpoint.
  final class Source: @unchecked Sendable {
    private let length: Int?
    private let limit: Int
    private let nextChunk: () async throws -> ByteBuffer?
    private var count = 0
    private(set) var isAtEnd = false
    private(set) var problem: AS4RequestBodyProblem?

    init(length: Int?, limit: Int, next: @escaping () async throws -> ByteBuffer?) {
      self.length = length
      self.limit = limit
      self.nextChunk = next
    }

    func next() async throws -> ByteBuffer? {
      if let problem { throw problem }
      if isAtEnd { return nil }
      do {
        guard let chunk = try await nextChunk() else {
          // The server ends the sequence on a lost connection too.
          if let length, count < length { throw AS4RequestBodyProblem.incomplete }
          isAtEnd = true
          return nil
        }
        count += chunk.readableBytes
        guard count <= limit else { throw AS4RequestBodyProblem.tooLarge }
        return chunk
      } catch {
        let problem = error as? AS4RequestBodyProblem ?? .incomplete
        self.problem = problem
        throw problem
      }
    }

    /// Reads on to the end if it is near, so that the connection can be kept. False when it is not.
    func finish(within bytes: Int) async -> Bool {
      var rest = bytes
      while rest > 0, let chunk = try? await next() { rest -= chunk.readableBytes }
      return isAtEnd
    }
  }
}

/// Why a request body could not be read to its end.
public enum AS4RequestBodyProblem: Error, Hashable, Sendable {
  /// More than the endpoint's limit.
  case tooLarge
  /// The connection ended, stalled or broke its framing before the body was whole.
  case incomplete
}
