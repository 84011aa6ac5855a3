import Foundation
import Synchronization
import Testing
import XMLSecurity

@testable import SDKRelay

/// Who hands something in from another process is not kept waiting for the next look at the queue.
@Suite struct DoorbellTests {
  private let pipe = FileManager.default.temporaryDirectory.appending(path: "doorbell-\(randomUUID())")

  @Test func aCommandBesideTheNodeWakesIt() async throws {
    defer { unlink(pipe.path) }
    let (calls, wake) = AsyncStream.makeStream(of: Void.self)
    let node = Doorbell(pipe)
    let command = Doorbell(pipe)
    node.connect { wake.yield() }
    command.ring()
    for await _ in calls { break }
    node.disconnect()
    // Nobody listens any more: the call goes nowhere and nobody waits.
    command.ring()
  }

  @Test func theNodeWakesItselfWithoutThePipe() {
    let count = Mutex(0)
    let node = Doorbell(URL(filePath: "/nonexistent/doorbell"))
    node.ring()
    node.connect { count.withLock { $0 += 1 } }
    node.ring()
    #expect(count.withLock { $0 } == 1)
  }

  @Test func ringingWritesIntoNoOtherFile() throws {
    defer { unlink(pipe.path) }
    try Data("kept".utf8).write(to: pipe)
    Doorbell(pipe).ring()
    #expect(try Data(contentsOf: pipe) == Data("kept".utf8))
  }

  @Test func aNodeListensToNoOtherFile() async throws {
    defer { unlink(pipe.path) }
    try Data("kept".utf8).write(to: pipe)
    let count = Mutex(0)
    let node = Doorbell(pipe)
    node.connect { count.withLock { $0 += 1 } }
    defer { node.disconnect() }
    try await Task.sleep(for: .milliseconds(200))
    // A plain file is always readable: the workers would be called without end.
    #expect(count.withLock { $0 } == 0)
    #expect(try Data(contentsOf: pipe) == Data("kept".utf8))
  }

  @Test func aNodeThatGoesWhileACommandRingsDoesNotTakeItAlong() {
    defer { unlink(pipe.path) }
    #expect(mkfifo(pipe.path, 0o600) == 0)
    let former = signal(SIGPIPE) { _ in BrokenPipes.count.add(1, ordering: .relaxed) }
    defer { signal(SIGPIPE, former) }
    // A node that is killed and started again, over and over.
    let node = Thread { [path = pipe.path] in
      while !Thread.current.isCancelled { close(open(path, O_RDONLY | O_NONBLOCK)) }
    }
    node.start()
    let command = Doorbell(pipe)
    for _ in 0..<50_000 { command.ring() }
    node.cancel()
    #expect(BrokenPipes.count.load(ordering: .relaxed) == 0)
  }
}

private enum BrokenPipes {
  static let count = Atomic(0)
}
