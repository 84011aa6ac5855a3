import Foundation
import SDKRelay

/// Reads one rule. Every key must be known; decision, trigger and time must be there. Problems name file, line, key and
/// reason.
struct RetentionRuleFile {
  let rule: RetentionRule
  /// For problems that only show beside other files.
  let root: SettingsSection

  init(_ url: URL) throws(SettingsProblem) {
    try self.init(SettingsFile.open(url))
  }

  init(_ root: SettingsSection) throws(SettingsProblem) {
    self.root = root
    rule = try RetentionRule(root)
  }
}

extension RetentionRule {
  init(_ root: SettingsSection) throws(SettingsProblem) {
    try root.allow("id", "organisation", "mailboxes", "kind", "decision", "messages", "trigger", "keep")
    id = try root.value("id", expected: "1 to 64 of a–z, 0–9 and -") { Self.isID($0) ? $0 : nil }
    organisation = try root.value("organisation", expected: "a participant id such as 0203:kommun.example.se") {
      try ParticipantID($0)
    }
    mailboxes = try root.values("mailboxes", expected: "a functional address") { try FunctionalAddress($0) }
    kind = try Self.line(root, "kind")
    decision = try Self.line(root, "decision")
    let messages = try root.section("messages")
    try messages.allow("state", "direction", "about")
    state = try Self.word(messages, "state")
    direction = try messages.has("direction") ? Self.word(messages, "direction") : nil
    let kinds = InformationKind.allCases.map(\.rawValue).joined(separator: ", ")
    about = Set(try messages.values("about", expected: "one of \(kinds)") { InformationKind(rawValue: $0) })
    trigger = try Self.word(root, "trigger")
    period = try root.value("keep", expected: "a time such as 30 days, 6 months or 2 years, at most 100 years") {
      RetentionPeriod($0)
    }
    if let reason = Self.contradiction(trigger, state, direction) { throw root.problem("trigger", reason) }
    guard about.isEmpty || (direction != .incoming && trigger != .received && trigger != .done) else {
      throw messages.problem("about", "is known of messages sent only: a received one does not say it")
    }
  }

  /// A rule that could never apply is a mistake.
  private static func contradiction(_ trigger: Trigger, _ state: State, _ direction: MessageDirection?) -> String? {
    switch (trigger, state, direction) {
    case (.received, _, .outgoing), (.done, _, .outgoing): "\(trigger.rawValue) never comes for messages sent"
    case (.sent, _, .incoming): "sent never comes for messages received"
    case (.registered, .cullable, _): "registered never comes for messages that are marked cullable"
    case (.handedOver, .cullable, _), (.handedOver, .registered, _):
      "handedOver is for messages.state handedOver"
    default: nil
    }
  }

  static func isID(_ text: String) -> Bool {
    text.utf8.count <= 64 && text.wholeMatch(of: /[a-z0-9]+(-[a-z0-9]+)*/) != nil
  }

  private static func line(_ section: SettingsSection, _ key: String) throws(SettingsProblem) -> String {
    try section.value(key, expected: "1 to 256 characters on one line") {
      RegisterFacts.isLine($0, most: 256) ? $0 : nil
    }
  }

  private static func word<Word: RawRepresentable & CaseIterable>(
    _ section: SettingsSection, _ key: String
  ) throws(SettingsProblem) -> Word where Word.RawValue == String {
    let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
    return try section.value(key, expected: "one of \(words)") { Word(rawValue: $0) }
  }
}
