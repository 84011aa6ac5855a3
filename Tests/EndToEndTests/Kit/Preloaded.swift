import Foundation

/// Calls of the C library that a test replaces in the nodes it starts, by LD_PRELOAD.
enum Preloaded {
  /// Builds `Tests/Interop/NAME.c`; nil with one line where there is no compiler. Swift brings one along.
  static func library(_ name: String) -> String? {
    let output = FileManager.default.temporaryDirectory.appending(path: "sdkrelay-\(name)-\(getpid()).so").path
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      "clang", "-shared", "-fPIC", "-o", output, Package.root.appending(path: "Tests/Interop/\(name).c").path, "-ldl",
    ]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      print("06 Faults: skipped, there is no clang to build \(name).c with")
      return nil
    }
    return output
  }
}
