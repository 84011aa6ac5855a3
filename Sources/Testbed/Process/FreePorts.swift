import Foundation

/// Ports on the loopback address that nobody listens on now. All are held open together, so that they differ.
public func freePorts(_ count: Int) throws -> [Int] {
  var sockets: [Int32] = []
  defer { for descriptor in sockets { close(descriptor) } }
  return try (0..<count).map { _ in
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw TestbedProblem("no socket can be opened") }
    sockets.append(descriptor)
    return try bind(descriptor)
  }
}

private func bind(_ descriptor: Int32) throws -> Int {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_addr.s_addr = inet_addr("127.0.0.1")
  var length = socklen_t(MemoryLayout<sockaddr_in>.size)
  let status = withUnsafeMutablePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
      Foundation.bind(descriptor, generic, length) == 0 ? getsockname(descriptor, generic, &length) : -1
    }
  }
  guard status == 0 else { throw TestbedProblem("no port of the loopback address is free") }
  return Int(UInt16(bigEndian: address.sin_port))
}
