import Dispatch
import Synchronization
import XMLSecurity

/// Makes RSA keys of these sizes in bits, on all cores since each takes long, in their order.
/// - Parameter progress: told, from any thread, how many percent of them are made.
func makeKeys(_ sizes: [Int], progress: @Sendable (Int) -> Void = { _ in }) throws -> [PrivateKey] {
  let results = Mutex<[Int: Result<PrivateKey, any Error>]>([:])
  DispatchQueue.concurrentPerform(iterations: sizes.count) { index in
    let result = Result { try PrivateKey.generate(bits: sizes[index]) }
    let made = results.withLock { results in
      results[index] = result
      return results.count
    }
    progress(made * 100 / sizes.count)
  }
  let all = results.withLock { $0 }
  return try sizes.indices.compactMap { try all[$0]?.get() }
}
