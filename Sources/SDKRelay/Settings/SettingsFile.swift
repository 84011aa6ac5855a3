public import Foundation
import Yams

/// Opens YAML settings files.
///
/// A file is accepted whole or refused with file, line, key and reason. Every key must be one that the program reads:
/// a misspelt key is an error, never a silent default. Relative paths count from the file's folder, and secrets stand
/// in files of their own, named by path.
public enum SettingsFile {
  /// Settings are written by hand; anything larger than this is the wrong file.
  static let maximumBytes = 1_048_576

  /// Opens the file's top-level section.
  public static func open(_ url: URL) throws(SettingsProblem) -> SettingsSection {
    let file = url.relativePath
    func problem(_ reason: String) -> SettingsProblem {
      SettingsProblem(file: file, line: 1, key: "", reason: reason)
    }
    let size: Int
    do {
      size = try NamedFile.size(url.path)
    } catch {
      throw problem("the file \(error.reason)")
    }
    guard size <= maximumBytes, let bytes = try? Data(contentsOf: url), let text = String(bytes: bytes, encoding: .utf8)
    else { throw problem("must be UTF-8 text of at most 1 MiB") }
    return try parse(text, file: file, folder: url.deletingLastPathComponent())
  }

  /// Parses settings from text; `file` names it in problems and relative paths count from `folder`.
  public static func parse(_ text: String, file: String, folder: URL) throws(SettingsProblem) -> SettingsSection {
    let source = SettingsSource(file: file, folder: folder)
    let document: Node?
    do {
      document = try compose(yaml: text)
    } catch {
      throw syntaxProblem(error, in: source)
    }
    // An empty file is an empty section: the first missing key is then named.
    let node = document ?? Node.mapping(Node.Mapping([]))
    return try SettingsSection(node, key: "", line: 1, source: source)
  }

  private static func syntaxProblem(_ error: any Error, in source: SettingsSource) -> SettingsProblem {
    func problem(_ line: Int?, _ reason: String) -> SettingsProblem {
      SettingsProblem(file: source.file, line: max(line ?? 1, 1), key: "", reason: reason)
    }
    switch error as? YamlError {
    case .scanner(_, let reason, let mark, _), .parser(_, let reason, let mark, _),
      .composer(_, let reason, let mark, _):
      return problem(mark.line, "not YAML: \(reason)")
    case .duplicatedKeysInMapping(let keys, let context):
      let names = keys.joined(separator: ", ")
      return problem(context.mark.line, "the same key twice: \(names)")
    default:
      return problem(nil, "not YAML")
    }
  }
}

/// Which file a section came from.
struct SettingsSource {
  let file: String
  let folder: URL
}
