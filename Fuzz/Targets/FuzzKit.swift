import Foundation
import XMLSecurity

/// Stops the fuzzer with this input when a promise is broken.
func require(_ isKept: Bool, _ promise: String) {
  guard isKept else { fatalError("not kept: \(promise)") }
}

/// Pushes the input in pieces and closes. Without a size the input's own length chooses one, small for a small input:
/// libxml2 is slow byte by byte.
func feed(_ input: [UInt8], to sink: any ByteSink, chunk: Int? = nil) throws {
  let chunk = chunk ?? max([1, 2, 7, 64, 4_096][input.count % 5], input.count / 4_096)
  for start in stride(from: 0, to: input.count, by: chunk) {
    try sink.write(Array(input[start..<min(start + chunk, input.count)]))
  }
  try sink.close()
}

/// A folder of this process, in memory where the machine has a file system there. `Fuzz/run` removes it.
let scratch: URL = {
  let folder = ProcessInfo.processInfo.environment["FUZZ_SCRATCH"] ?? NSTemporaryDirectory()
  return URL(filePath: folder, directoryHint: .isDirectory)
}()

/// A file with these bytes, which is overwritten by the next.
func file(_ input: [UInt8]) throws -> URL {
  let url = scratch.appending(path: "input")
  try Data(input).write(to: url)
  return url
}
