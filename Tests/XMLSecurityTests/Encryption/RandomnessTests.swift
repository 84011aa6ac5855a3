import Foundation
import Testing
import XMLSecurity

@Suite("Randomness") struct RandomnessTests {
  @Test("E8: of a million initialization vectors none comes twice")
  func vectors() {
    var seen: Set<UInt64> = []
    seen.reserveCapacity(1 << 20)
    for _ in 0..<1_000_000 {
      // 12 bytes, of which 8 are looked at: two that are equal by chance would be one in 10^7.
      let vector = randomBytes(12)
      seen.insert(vector.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }
    #expect(seen.count == 1_000_000)
  }

  @Test("E8: a process and its fork draw different bytes")
  func fork() async {
    await #expect(processExitsWith: .success) {
      // Swift hides fork(2), which frameworks may call nevertheless.
      typealias Fork = @convention(c) () -> pid_t
      guard let symbol = dlsym(nil, "fork") else { return }
      let fork = unsafeBitCast(symbol, to: Fork.self)
      _ = randomBytes(32)
      var ends: [Int32] = [0, 0]
      precondition(pipe(&ends) == 0)
      let child = fork()
      if child == 0 {
        let bytes = randomBytes(32)
        _exit(write(ends[1], bytes, bytes.count) == bytes.count ? 0 : 1)
      }
      let ours = randomBytes(32)
      var theirs = [UInt8](repeating: 0, count: 32)
      precondition(read(ends[0], &theirs, theirs.count) == theirs.count)
      precondition(theirs != ours)
      var status: Int32 = 0
      precondition(waitpid(child, &status, 0) == child && status == 0)
    }
  }
}
