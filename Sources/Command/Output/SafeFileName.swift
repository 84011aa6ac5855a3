import Foundation

/// Writes attachments under names that cannot leave the folder or surprise whoever opens it (threats.md W8).
struct SafeFolder {
  let folder: URL

  /// Opens the folder and creates it where it is missing.
  init(_ folder: URL) throws {
    self.folder = folder
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw CommandProblem.couldNotRun("the folder \(folder.path) cannot be made")
    }
  }

  /// A new empty file under a safe form of the name; never one that exists, nor the target of a link.
  func create(_ name: String) throws -> (url: URL, handle: FileHandle) {
    let safe = Self.safeName(name)
    for attempt in 1...1_000 {
      let url = folder.appending(path: attempt == 1 ? safe : Self.numbered(safe, attempt), directoryHint: .notDirectory)
      let descriptor = open(url.path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
      if descriptor >= 0 { return (url, FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)) }
      guard errno == EEXIST else { throw CommandProblem.couldNotRun("cannot write into \(folder.path)") }
    }
    throw CommandProblem.couldNotRun("too many files called \(safe) in \(folder.path)")
  }

  /// The name without folders, control characters, leading dots and what some systems treat as devices.
  static func safeName(_ name: String) -> String {
    let last = name.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last.map(String.init) ?? ""
    var safe = ""
    for scalar in last.unicodeScalars {
      let isHarmful =
        scalar.isHarmful || scalar.properties.generalCategory == .format || ":*?\"<>|".unicodeScalars.contains(scalar)
      safe.unicodeScalars.append(isHarmful ? "_" : scalar)
    }
    safe = safe.trimmingCharacters(in: .whitespacesAndNewlines)
    while let first = safe.first, first == "." { safe.removeFirst() }
    while let last = safe.last, last == "." || last == " " { safe.removeLast() }
    safe = shortened(safe)
    let stem = safe.split(separator: ".").first.map { $0.uppercased() } ?? ""
    if deviceNames.contains(stem) { safe = "_" + safe }
    return safe.isEmpty ? "attachment" : safe
  }

  /// At most 180 bytes of UTF-8, which leaves room for a number; the extension stays.
  private static func shortened(_ name: String) -> String {
    guard name.utf8.count > 180 else { return name }
    let (stem, suffix) = split(name)
    var short = stem
    while short.utf8.count + suffix.utf8.count > 180, !short.isEmpty { short.removeLast() }
    return short + suffix
  }

  private static func numbered(_ name: String, _ number: Int) -> String {
    let (stem, suffix) = split(name)
    return "\(stem) (\(number))\(suffix)"
  }

  private static func split(_ name: String) -> (stem: String, suffix: String) {
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex, name[dot...].utf8.count <= 16 else {
      return (name, "")
    }
    return (String(name[..<dot]), String(name[dot...]))
  }

  private static let deviceNames: Set<String> = Set(
    ["CON", "PRN", "AUX", "NUL"] + (1...9).flatMap { ["COM\($0)", "LPT\($0)"] })
}
