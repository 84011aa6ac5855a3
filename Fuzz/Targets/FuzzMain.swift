import Foundation

/// The fuzz targets by name; `FUZZ_TARGET` chooses. One program holds them all, so that the readers compile once.
let targets: [String: @Sendable (_ input: [UInt8]) throws -> Void] = [
  "base64": fuzzBase64, "gzip": fuzzGzip, "mime": fuzzMIME, "payload": fuzzPayload, "receipt": fuzzReceipt,
  "soap": fuzzSOAP, "xhe": fuzzXHE, "xml": fuzzXML,
]
let chosen = targets[ProcessInfo.processInfo.environment["FUZZ_TARGET"] ?? ""]

/// Writes the seeds where they are asked for, instead of fuzzing.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(_ count: UnsafeMutableRawPointer?, _ arguments: UnsafeMutableRawPointer?) -> Int32 {
  if let folder = ProcessInfo.processInfo.environment["FUZZ_SEEDS"] {
    do {
      try Seeds.write(into: URL(filePath: folder))
      exit(0)
    } catch {
      fatalError("the seeds cannot be written: \(error)")
    }
  }
  precondition(chosen != nil, "FUZZ_TARGET is one of \(targets.keys.sorted())")
  return 0
}

/// A refusal, which is an error, is as good as acceptance. What the fuzzer looks for are traps, bad memory accesses,
/// hangs, and what `require` finds.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  try? chosen?(Array(UnsafeBufferPointer(start: start, count: count)))
  return 0
}
