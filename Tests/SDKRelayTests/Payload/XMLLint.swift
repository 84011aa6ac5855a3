import Foundation

/// libxml2's own schema validation by its command line tool, as an oracle.
enum XMLLint {
  static let isPresent = FileManager.default.isExecutableFile(atPath: "/usr/bin/xmllint")

  /// Whether each document is valid to the schema, judged in one process.
  static func verdicts(_ documents: [String], schema: URL) throws -> [Bool] {
    let folder = FileManager.default.temporaryDirectory.appending(path: "xmllint-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let names = documents.indices.map { "\($0).xml" }
    for (name, document) in zip(names, documents) {
      try Data(document.utf8).write(to: folder.appending(path: name))
    }
    let errors = folder.appending(path: "errors")
    _ = FileManager.default.createFile(atPath: errors.path, contents: nil)
    let process = Process()
    // The shell writes the names: Foundation has crashed on thousands of arguments.
    process.executableURL = URL(filePath: "/bin/sh")
    process.currentDirectoryURL = folder
    process.arguments = ["-c", "exec /usr/bin/xmllint --nonet --noout --schema \"$0\" *.xml", schema.path]
    process.standardError = try FileHandle(forWritingTo: errors)
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    let lines = try String(contentsOf: errors, encoding: .utf8).split(separator: "\n")
    let valid = Set(lines.filter { $0.hasSuffix(" validates") }.map { $0.dropLast(" validates".count) })
    return names.map { valid.contains(Substring($0)) }
  }
}
