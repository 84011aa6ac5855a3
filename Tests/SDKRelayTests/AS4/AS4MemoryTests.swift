import Foundation
import Testing
import XMLSecurity

@testable import SDKRelay

/// The process's peak resident memory in bytes.
private func peakMemory() -> Int {
  let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
  let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
  return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 1_024
}

/// Packs and receives one payload of so many bytes of base64-like text.
private func exchange(size: Int) throws {
  let federation = try AS4Federation.shared()
  try AS4Kit.withFolder { folder in
    let url = folder.appending(path: "payload")
    let file = try Spool(folder: folder.appending(path: "made")).create()
    let piece = Array(Base64.encode(randomBytes(48_000)).utf8)
    for _ in 0..<max(1, size / piece.count) { try file.write(piece) }
    try file.close()
    try FileManager.default.moveItem(at: file.temporaryURL, to: url)
    let packed = try AS4Packager.pack(
      AS4Kit.message(), payloads: [PayloadSource(url: url, mimeType: "text/xml")], signer: federation.a,
      recipient: federation.b.certificate, mode: AS4Kit.mode, spool: Spool(folder: folder.appending(path: "out")))
    let reader = UserMessageReader(
      contentType: packed.contentType, receiver: federation.receiver(),
      spool: try Spool(folder: folder.appending(path: "in")))
    try readFile(packed.file, into: reader)
    try reader.close()
    let received = try reader.result()
    guard received.payloads[0].size == file.size else { throw SpoolProblem.full }
  }
}

@Suite("AS4 memory")
struct AS4MemoryTests {
  @Test("SDK-AS4-09: 100 MB are packed and received in a few megabytes of memory", .timeLimit(.minutes(5)))
  func flat() async {
    await #expect(processExitsWith: .success) {
      try exchange(size: 64_000)
      let before = peakMemory()
      try exchange(size: 100_000_000)
      let grown = peakMemory() - before
      guard before > 0, grown < 8_000_000 else { throw SpoolProblem.unavailable(Int32(truncatingIfNeeded: grown)) }
    }
  }
}
