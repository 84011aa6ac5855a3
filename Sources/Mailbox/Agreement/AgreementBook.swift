public import Foundation
public import SDKRelay

/// All agreements of a node, in all their versions: read whole from a folder, or not at all.
public struct AgreementBook: Sendable {
  /// By id, then by version.
  public let versions: [Agreement]

  /// Reads every file of the folder whose name ends in `.yaml`. Names that begin with a dot are passed over.
  public init(folder: URL) throws(AgreementProblems) {
    try self.init(files: AgreementFolder.files(folder))
  }

  /// The files that an agreement is read from in the folder, by name.
  public static func files(in folder: URL) throws(AgreementProblems) -> [URL] { try AgreementFolder.files(folder) }

  /// Reads the files; problems of all of them are thrown together.
  public init(files: [URL]) throws(AgreementProblems) {
    var read: [AgreementFile] = []
    var problems: [SettingsProblem] = []
    for file in files {
      do {
        read.append(try AgreementFile(file))
      } catch {
        problems.append(error)
      }
    }
    try self.init(read, problems: problems)
  }

  init(_ files: [AgreementFile], problems: [SettingsProblem] = []) throws(AgreementProblems) {
    let ordered = files.sorted { ($0.agreement.id, $0.agreement.version) < ($1.agreement.id, $1.agreement.version) }
    let all = problems + zip(ordered, ordered.dropFirst()).compactMap { Self.problem($1, after: $0) }
    guard all.isEmpty else { throw AgreementProblems(problems: all) }
    versions = ordered.map(\.agreement)
  }

  /// What is wrong between a version and the one before it.
  private static func problem(_ file: AgreementFile, after before: AgreementFile) -> SettingsProblem? {
    let (next, previous) = (file.agreement, before.agreement)
    guard next.id == previous.id else { return nil }
    guard next.version != previous.version else {
      return file.root.problem(
        "version", "the agreement \(next.id) has its version \(next.version) in \(before.name) too")
    }
    if let end = previous.validity.to, end < next.validity.from { return nil }
    let end = previous.validity.to.map { "until \($0)" } ?? "without end"
    let reason = "overlaps version \(previous.version), which is in force \(end): \(before.name) must end before"
    do {
      return try file.root.section("validity").problem("from", reason)
    } catch {
      return error
    }
  }

  /// The ids of all agreements.
  public var ids: [String] {
    versions.reduce(into: []) { if $0.last != $1.id { $0.append($1.id) } }
  }

  /// All versions of an agreement, the oldest first.
  public func versions(of id: String) -> [Agreement] { versions.filter { $0.id == id } }

  /// The version of an agreement that is in force at the time.
  public func version(of id: String, at date: Date) -> Agreement? {
    let day = Day(containing: date)
    return versions.first { $0.id == id && $0.validity.contains(day) }
  }
}

/// Everything that is wrong with a folder of agreements, each with file, line, key and reason.
public struct AgreementProblems: Error, Hashable, Sendable, CustomStringConvertible {
  /// At least one.
  public let problems: [SettingsProblem]

  public var description: String { problems.map(\.description).joined(separator: "; ") }
}

/// A folder with one file for each version of an agreement.
enum AgreementFolder {
  /// The files to read, by name. What only looks like one is refused: it would be missed without a word.
  static func files(_ folder: URL) throws(AgreementProblems) -> [URL] {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    } catch {
      throw problem(folder.path, "is no folder that can be read")
    }
    let visible = names.filter { !$0.hasPrefix(".") }.sorted()
    if let wrong = visible.first(where: { $0.lowercased().hasSuffix(".yml") }) {
      throw problem(folder.appending(path: wrong).path, "an agreement's file ends in .yaml")
    }
    return visible.filter { $0.hasSuffix(".yaml") }.map { folder.appending(path: $0, directoryHint: .notDirectory) }
  }

  private static func problem(_ path: String, _ reason: String) -> AgreementProblems {
    AgreementProblems(problems: [SettingsProblem(file: path, line: 1, key: "", reason: reason)])
  }
}
