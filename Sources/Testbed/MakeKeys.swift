import Dispatch
import Synchronization
import XMLSecurity

/// Makes RSA keys of these sizes in bits, on all cores since each takes long, in their order.
func makeKeys(_ sizes: [Int]) throws -> [PrivateKey] {
  let results = Mutex<[Int: Result<PrivateKey, any Error>]>([:])
  DispatchQueue.concurrentPerform(iterations: sizes.count) { index in
    let result = Result { try PrivateKey.generate(bits: sizes[index]) }
    results.withLock { $0[index] = result }
  }
  let all = results.withLock { $0 }
  return try sizes.indices.compactMap { try all[$0]?.get() }
}
