import Foundation
import Logging
import NIOCore
import Synchronization

@testable import SDKRelay

/// A handler for tests: reads the whole body, keeps count, answers with what it saw.
final class CountingHandler: AS4RequestHandler {
  struct Seen: Sendable, Equatable {
    var contentType: String
    var bytes: Int
    /// The first bytes, as many as a test cares to look at.
    var head: [UInt8]
    var peer: AS4Peer
    var problem: AS4RequestBodyProblem?
  }

  private let log = Mutex<[Seen]>([])
  private let begun = Mutex(0)
  let delay: Duration
  let readsBody: Bool

  init(delay: Duration = .zero, readsBody: Bool = true) {
    self.delay = delay
    self.readsBody = readsBody
  }

  func handle(contentType: String, body: AS4RequestBody, peer: AS4Peer) async -> AS4Reply {
    begun.withLock { $0 += 1 }
    var seen = Seen(contentType: contentType, bytes: 0, head: [], peer: peer)
    do {
      if readsBody {
        for try await chunk in body {
          seen.bytes += chunk.readableBytes
          seen.head += chunk.readableBytesView.prefix(256 - seen.head.count)
        }
      }
    } catch {
      seen.problem = error as? AS4RequestBodyProblem
    }
    try? await Task.sleep(for: delay)
    log.withLock { $0.append(seen) }
    return AS4Reply(status: 200, contentType: "text/plain", body: Array("\(seen.bytes)".utf8))
  }

  var seen: [Seen] { log.withLock { $0 } }

  /// Waits until a request has reached the handler.
  func waitForRequest() async throws {
    while begun.withLock({ $0 }) == 0 { try await Task.sleep(for: .milliseconds(5)) }
  }
}

/// Runs an endpoint on a free loopback port for the time of `body`.
func withEndpoint<Value>(
  _ security: AS4EndpointSettings.Security = .plain, handler: any AS4RequestHandler,
  adjust: (inout AS4EndpointSettings) -> Void = { _ in }, body: (AS4Endpoint, Int) async throws -> Value
) async throws -> Value {
  var settings = AS4EndpointSettings(host: "127.0.0.1", port: 0, security: security)
  adjust(&settings)
  let endpoint = try AS4Endpoint(
    settings, handler: handler, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  let running = Task { try await endpoint.run() }
  let port = try await endpoint.port
  do {
    let value = try await body(endpoint, port)
    try await endpoint.shutdown()
    try await running.value
    return value
  } catch {
    try? await endpoint.shutdown()
    throw error
  }
}

func withClient<Value>(
  _ settings: AS4ClientSettings? = nil, body: (AS4Client) async throws -> Value
) async throws -> Value {
  var plain = AS4ClientSettings(identity: nil, authorities: .system)
  plain.addresses.allowsPlainLoopback = true
  let client = AS4Client(settings ?? plain)
  do {
    let value = try await body(client)
    await client.shutdown()
    return value
  } catch {
    await client.shutdown()
    throw error
  }
}

/// A temporary folder, removed when the test lets go of it.
final class TemporaryFolder: Sendable {
  let url = FileManager.default.temporaryDirectory.appending(path: "sdkrelay-\(UUID().uuidString)")
  init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(at: url) }
}

/// A raw TCP client for what no decent client would send.
final class RawSocket {
  let descriptor: Int32

  init(port: Int) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { throw POSIXError(.ECONNREFUSED) }
  }

  deinit { close(descriptor) }

  /// False when the other side no longer takes bytes.
  @discardableResult
  func write(_ text: String) -> Bool { write(Array(text.utf8)) }

  @discardableResult
  func write(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let sent = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard sent > 0 else { return false }
      rest = rest.dropFirst(sent)
    }
    return true
  }

  /// Everything until the other side closes, or until the time is up (then `closed` is false).
  func readToEnd(seconds: Int = 5) -> (text: String, closed: Bool) {
    var all: [UInt8] = []
    while let bytes = read(seconds: seconds) {
      if bytes.isEmpty { return (String(decoding: all, as: UTF8.self), true) }
      all += bytes
    }
    return (String(decoding: all, as: UTF8.self), false)
  }

  /// One whole answer; what there is of it when the connection ends or the time is up.
  func readAnswer(seconds: Int = 5) -> String {
    var text = ""
    while let bytes = read(seconds: seconds), !bytes.isEmpty {
      text += String(decoding: bytes, as: UTF8.self)
      guard let head = text.range(of: "\r\n\r\n") else { continue }
      let length = text[..<head.lowerBound].lowercased().components(separatedBy: "content-length: ").last
        .flatMap { Int($0.prefix { $0.isNumber }) }
      if text[head.upperBound...].utf8.count >= length ?? 0 { break }
    }
    return text
  }

  /// The next bytes; empty at the end of the connection, nil when the time is up.
  func read(seconds: Int = 5) -> [UInt8]? {
    var timeout = timeval(tv_sec: seconds, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    if count < 0, errno == EAGAIN { return nil }
    return count > 0 ? Array(buffer[..<count]) : []
  }
}

/// A loopback port that is taken but that nobody listens on.
final class ReservedPort: Sendable {
  let port: Int
  private let descriptor: Int32

  init() throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    self.descriptor = descriptor
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
      }
    }
    port = Int(in_port_t(bigEndian: address.sin_port))
    guard result else { throw POSIXError(.EADDRINUSE) }
  }

  deinit { close(descriptor) }
}

/// Runs a blocking piece of a test off the cooperative threads, which the endpoint under test needs too.
func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
  }
}

/// Peak resident memory of this process, in bytes.
func httpPeakMemory() throws -> Int {
  let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
  let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
  return (line?.split(separator: " ").dropFirst().first).flatMap { Int($0) }.map { $0 * 1_024 } ?? 0
}
