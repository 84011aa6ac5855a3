/// Ends the running node when going on would be worse: after a failed sync nobody knows what the disk holds (Q8).
final class StopSignal: Sendable {
  private let errors: AsyncStream<any Error>
  private let continuation: AsyncStream<any Error>.Continuation

  init() {
    (errors, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
  }

  func stop(_ error: any Error) { continuation.yield(error) }

  /// Throws the first error given to `stop`; returns when cancelled.
  func wait() async throws {
    for await error in errors { throw error }
  }
}
