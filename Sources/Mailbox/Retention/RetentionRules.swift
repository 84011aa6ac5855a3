public import Foundation
public import SDKRelay
import XMLSecurity

/// All rules of retention of a node: read whole from a folder, or not at all.
public struct RetentionRules: Sendable {
  /// By id.
  public let rules: [RetentionRule]

  /// None: nothing is ever culled.
  public init() { rules = [] }

  /// Reads every file of the folder whose name ends in `.yaml`; problems of all of them are thrown together.
  public init(folder: URL) throws(RetentionRuleProblems) {
    var read: [(file: RetentionRuleFile, name: String)] = []
    var problems: [SettingsProblem] = []
    for file in try Self.files(folder) {
      do throws(SettingsProblem) {
        let next = try RetentionRuleFile(file)
        if let former = read.first(where: { sameBytes($0.file.rule.id, next.rule.id) }) {
          throw next.root.problem("id", "the rule \(next.rule.id) stands in \(former.name) too")
        }
        read.append((next, file.lastPathComponent))
      } catch {
        problems.append(error)
      }
    }
    guard problems.isEmpty else { throw RetentionRuleProblems(problems: problems) }
    rules = read.map(\.file.rule).sorted { $0.id < $1.id }
  }

  init(_ rules: [RetentionRule]) { self.rules = rules }

  subscript(id: String) -> RetentionRule? { rules.first { sameBytes($0.id, id) } }

  /// Whether messages like this one may be marked as to be culled under the rule.
  func allowsMarking(_ message: StoredMessage, _ id: String) -> Bool {
    guard let rule = self[id], let address = message.ownMailbox else { return false }
    return rule.state == .cullable && rule.organisation == message.participant
      && (rule.mailboxes.isEmpty || rule.mailboxes.contains(address))
      && rule.direction.map { $0 == message.direction } ?? true
  }

  /// The rule under which the message may be culled on the day. Where several are for it, all their times must be over,
  /// and the one that keeps longest is named.
  func due(_ facts: RetentionFacts, on today: Day) -> (rule: RetentionRule, lastDay: Day)? {
    var longest: (rule: RetentionRule, lastDay: Day)?
    for rule in rules where rule.covers(facts) {
      guard let last = rule.lastDay(facts), last < today else { return nil }
      if longest.map({ $0.lastDay < last }) ?? true { longest = (rule, last) }
    }
    return longest
  }

  /// What only looks like a rule's file is refused: it would be missed without a word.
  private static func files(_ folder: URL) throws(RetentionRuleProblems) -> [URL] {
    func problem(_ path: String, _ reason: String) -> RetentionRuleProblems {
      RetentionRuleProblems(problems: [SettingsProblem(file: path, line: 1, key: "", reason: reason)])
    }
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else {
      throw problem(folder.path, "is no folder that can be read")
    }
    let visible = names.filter { !$0.hasPrefix(".") }.sorted()
    if let wrong = visible.first(where: { $0.lowercased().hasSuffix(".yml") }) {
      throw problem(folder.appending(path: wrong).path, "a rule's file ends in .yaml")
    }
    return visible.filter { $0.hasSuffix(".yaml") }.map { folder.appending(path: $0, directoryHint: .notDirectory) }
  }
}

/// Everything that is wrong with a folder of rules, each with file, line, key and reason.
public struct RetentionRuleProblems: Error, Hashable, Sendable, CustomStringConvertible {
  /// At least one.
  public let problems: [SettingsProblem]

  public var description: String { problems.map(\.description).joined(separator: "; ") }
}

extension MailboxService {
  /// The rules as they stand in the folder now; none where the settings name no folder.
  /// - Throws: ``RetentionRuleProblems``: then nothing is planned or culled.
  public func retentionRules() throws(RetentionRuleProblems) -> RetentionRules {
    guard let folder = relay.settings.retention else { return RetentionRules() }
    return try RetentionRules(folder: folder)
  }
}
