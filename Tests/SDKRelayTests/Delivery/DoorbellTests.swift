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
}
