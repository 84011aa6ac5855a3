import NIOPosix

/// Threads for the streaming pipelines: they compute, read and write files, and must not hold up Swift's own threads.
final class BlockingWork: Sendable {
  private let threads: NIOThreadPool

  init(threads count: Int) {
    threads = NIOThreadPool(numberOfThreads: count)
    threads.start()
  }

  deinit {
    threads.shutdownGracefully { _ in }
  }

  func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await threads.runIfActive(body)
  }
}
