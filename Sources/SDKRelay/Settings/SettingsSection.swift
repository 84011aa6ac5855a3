public import Foundation
import XMLSecurity
import Yams

/// A map in a settings file, read key by key.
///
/// Each accessor gives the value, or its default when the key is absent, or throws a ``SettingsProblem`` that names the
/// line. Whoever reads a section says first which keys it knows: a misspelt key is then reported before the right one
/// is missed.
public struct SettingsSection {
  private let source: SettingsSource
  private let path: String
  private let line: Int
  private let mapping: Node.Mapping

  init(_ node: Node, key: String, line: Int, source: SettingsSource) throws(SettingsProblem) {
    guard let mapping = node.mapping else {
      throw SettingsProblem(file: source.file, line: node.mark?.line ?? line, key: key, reason: "must be a map of keys")
    }
    for name in mapping.keys where name.scalar == nil {
      throw SettingsProblem(
        file: source.file, line: name.mark?.line ?? line, key: key, reason: "keys must be plain words")
    }
    self.source = source
    self.path = key
    self.line = node.mark?.line ?? line
    self.mapping = mapping
  }

  // MARK: Keys

  /// Whether the key is present.
  public func has(_ key: String) -> Bool { node(key) != nil }

  /// Refuses every key but these.
  public func allow(_ known: String...) throws(SettingsProblem) {
    for (key, _) in mapping {
      guard let name = key.scalar?.string, !known.contains(name) else { continue }
      throw SettingsProblem(
        file: source.file, line: key.mark?.line ?? line, key: path(name),
        reason: "unknown key; known here: \(known.sorted().joined(separator: ", "))")
    }
  }

  /// A problem at the key's line, for rules that only the caller knows.
  public func problem(_ key: String, _ reason: String) -> SettingsProblem {
    SettingsProblem(file: source.file, line: mapping[key]?.mark?.line ?? line, key: path(key), reason: reason)
  }

  // MARK: Sections and lists

  /// The map under the key, or nil when absent.
  public func optionalSection(_ key: String) throws(SettingsProblem) -> SettingsSection? {
    guard let node = node(key) else { return nil }
    return try open(node, key: path(key))
  }

  /// The map under the key.
  public func section(_ key: String) throws(SettingsProblem) -> SettingsSection {
    try required(key, try optionalSection(key))
  }

  /// The list of maps under the key; empty when absent.
  public func sections(_ key: String) throws(SettingsProblem) -> [SettingsSection] {
    var sections: [SettingsSection] = []
    for (index, item) in try items(key).enumerated() {
      sections.append(try open(item, key: "\(path(key))[\(index)]"))
    }
    return sections
  }

  /// The list of texts under the key, or the default when absent.
  public func strings(_ key: String, default: [String] = []) throws(SettingsProblem) -> [String] {
    guard has(key) else { return `default` }
    var strings: [String] = []
    for (index, item) in try items(key).enumerated() {
      strings.append(try scalar(item, key: "\(path(key))[\(index)]"))
    }
    return strings
  }

  /// What `make` makes of each text of a list; empty when the key is absent. A problem names the item and its line.
  public func values<Value>(
    _ key: String, expected: String, _ make: (String) throws -> Value?
  ) throws(SettingsProblem) -> [Value] {
    var values: [Value] = []
    for (index, item) in try items(key).enumerated() {
      let place = "\(path(key))[\(index)]"
      let text = try scalar(item, key: place)
      guard let value = try? make(text) else {
        throw SettingsProblem(
          file: source.file, line: item.mark?.line ?? line, key: place, reason: "must be \(expected), not “\(text)”")
      }
      values.append(value)
    }
    return values
  }

  // MARK: Values

  /// The text under the key, or nil when absent. Anything scalar counts as text, as it is written.
  public func optionalString(_ key: String) throws(SettingsProblem) -> String? {
    guard let node = node(key) else { return nil }
    return try scalar(node, key: path(key))
  }

  /// The text under the key, which must be there.
  public func string(_ key: String) throws(SettingsProblem) -> String {
    try required(key, try optionalString(key))
  }

  /// The text under the key, or the default.
  public func string(_ key: String, default: String) throws(SettingsProblem) -> String {
    try optionalString(key) ?? `default`
  }

  /// What `make` makes of the text, or nil when the key is absent. An error or nil from `make` becomes a problem at
  /// this line: `expected` says what would have been right, e.g. “a participant id such as 0203:kommun.example.se”.
  public func optionalValue<Value>(
    _ key: String, expected: String, _ make: (String) throws -> Value?
  ) throws(SettingsProblem) -> Value? {
    guard let text = try optionalString(key) else { return nil }
    guard let value = try? make(text) else { throw problem(key, "must be \(expected), not “\(text)”") }
    return value
  }

  /// As ``optionalValue(_:expected:_:)`` for a key that must be there.
  public func value<Value>(
    _ key: String, expected: String, _ make: (String) throws -> Value?
  ) throws(SettingsProblem) -> Value {
    try required(key, try optionalValue(key, expected: expected, make))
  }

  /// One of an enumeration's words, or the default when absent.
  public func choice<Choice: RawRepresentable & CaseIterable>(
    _ key: String, default: Choice
  ) throws(SettingsProblem) -> Choice where Choice.RawValue == String {
    let words = Choice.allCases.map(\.rawValue).joined(separator: ", ")
    return try optionalValue(key, expected: "one of \(words)") { Choice(rawValue: $0) } ?? `default`
  }

  /// A whole number within the range, or the default.
  public func int(
    _ key: String, default: Int, in range: ClosedRange<Int> = 0...Int.max
  ) throws(SettingsProblem) -> Int {
    let expected =
      range.upperBound == .max
      ? "a whole number, at least \(range.lowerBound)"
      : "a whole number from \(range.lowerBound) to \(range.upperBound)"
    return try optionalValue(key, expected: expected) { Int($0).flatMap { range.contains($0) ? $0 : nil } } ?? `default`
  }

  /// `true` or `false`, or the default. YAML's other words for them are refused as too easily mistaken.
  public func bool(_ key: String, default: Bool) throws(SettingsProblem) -> Bool {
    try optionalValue(key, expected: "true or false") { Bool($0) } ?? `default`
  }

  /// A time such as `500 ms`, `30 s`, `12 min`, `4 h` or `90 d`, or the default.
  public func duration(
    _ key: String, default: Duration, in range: ClosedRange<Duration> = .zero ... .seconds(10 * 366 * 86_400)
  ) throws(SettingsProblem) -> Duration {
    try optionalValue(key, expected: "a time such as 30 s, from \(range.lowerBound) to \(range.upperBound)") {
      SettingsUnit.duration($0).flatMap { range.contains($0) ? $0 : nil }
    } ?? `default`
  }

  /// A number of bytes such as `64 kB`, `100 MB` (powers of 1,000) or `30 MiB` (powers of 1,024), or the default.
  public func bytes(
    _ key: String, default: Int, in range: ClosedRange<Int> = 1...Int.max
  ) throws(SettingsProblem) -> Int {
    try optionalValue(key, expected: "a size such as 100 MB, at least \(range.lowerBound) bytes") {
      SettingsUnit.bytes($0).flatMap { range.contains($0) ? $0 : nil }
    } ?? `default`
  }

  // MARK: Paths

  /// A path, relative ones counted from the settings file's folder; nil when absent. Nothing need exist there.
  public func optionalPath(_ key: String) throws(SettingsProblem) -> URL? {
    try optionalString(key).map(resolve)
  }

  /// A path that must be given.
  public func path(_ key: String) throws(SettingsProblem) -> URL {
    try required(key, try optionalPath(key))
  }

  /// The path of a file that must exist and be readable; nil when the key is absent.
  public func optionalFile(_ key: String) throws(SettingsProblem) -> URL? {
    guard let url = try optionalPath(key) else { return nil }
    try check(url, key)
    return url
  }

  /// The path of a file that must be given, exist and be readable.
  public func file(_ key: String) throws(SettingsProblem) -> URL {
    try required(key, try optionalFile(key))
  }

  /// The paths of files that must exist and be readable; none when the key is absent.
  public func files(_ key: String) throws(SettingsProblem) -> [URL] {
    try strings(key).map { text throws(SettingsProblem) in
      let url = resolve(text)
      try check(url, key)
      return url
    }
  }

  /// The path of a file with a secret: as ``file(_:)``, and closed to everybody but its owner (threats.md W11).
  public func secretFile(_ key: String) throws(SettingsProblem) -> URL {
    let url = try file(key)
    try checkClosed(url, key)
    return url
  }

  /// The path of a file with a secret that the program makes where it is missing; nil when the key is absent.
  public func newSecretFile(_ key: String) throws(SettingsProblem) -> URL? {
    guard let url = try optionalPath(key) else { return nil }
    guard FileManager.default.fileExists(atPath: url.path) else {
      let folder = url.deletingLastPathComponent().path
      guard FileInformation(path: folder)?.isFolder == true else { throw problem(key, "there is no folder \(folder)") }
      return url
    }
    return try secretFile(key)
  }

  private func checkClosed(_ url: URL, _ key: String) throws(SettingsProblem) {
    let attributes = try? FileManager.default.attributesOfItem(atPath: url.path)
    guard let mode = (attributes?[.posixPermissions] as? NSNumber)?.intValue, mode & 0o077 == 0 else {
      throw problem(key, "a secret must be closed to others: chmod 600 \(url.path)")
    }
  }

  private func check(_ url: URL, _ key: String) throws(SettingsProblem) {
    do {
      try NamedFile.size(url.path)
    } catch {
      throw problem(key, "\(error)")
    }
  }

  // MARK: Nodes

  private func resolve(_ path: String) -> URL {
    let url = path.hasPrefix("/") ? URL(filePath: path) : source.folder.appending(path: path)
    return url.standardizedFileURL
  }

  private func node(_ key: String) -> Node? { mapping[key] }

  private func path(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  private func open(_ node: Node, key: String) throws(SettingsProblem) -> SettingsSection {
    try SettingsSection(node, key: key, line: line, source: source)
  }

  private func items(_ key: String) throws(SettingsProblem) -> [Node] {
    guard let node = node(key) else { return [] }
    guard let sequence = node.sequence else { throw problem(key, "must be a list") }
    return Array(sequence)
  }

  private func required<Value>(_ key: String, _ value: Value?) throws(SettingsProblem) -> Value {
    guard let value else { throw problem(key, "is missing") }
    return value
  }

  /// The text of a scalar. A key without a value, or with an empty one, is refused: leave it out instead.
  private func scalar(_ node: Node, key: String) throws(SettingsProblem) -> String {
    func problem(_ reason: String) -> SettingsProblem {
      SettingsProblem(file: source.file, line: node.mark?.line ?? line, key: key, reason: reason)
    }
    guard let scalar = node.scalar else { throw problem("must be a single value") }
    let isNull = scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
    guard !isNull, !scalar.string.isEmpty else { throw problem("has no value") }
    return scalar.string
  }
}
