import Foundation
import GRDB
import SDKRelay

/// The rules for a mailbox's settings. Only what changes is looked at, so that a part which has become wrong by itself
/// does not keep the others as they are.
struct SettingsCheck {
  let mailbox: MailboxID
  let principal: Principal
  let agreed: AgreedMailboxes
  /// What the node offers; nil where it offers no notifications.
  let offered: NotificationSettings?
  let now: Date
  let db: Database

  func check(_ settings: MailboxSettings, insteadOf present: MailboxSettings) throws {
    for part in present.changes(to: settings) {
      switch part {
      case .name: try settings.name.map(checkName)
      case .notifications: try checkNotifications(settings.notifications)
      case .notificationInterval: try settings.notificationInterval.map(checkInterval)
      case .absence: try settings.absence.map(checkAbsence)
      case .forwarding: try settings.forwarding.map(checkForwarding)
      case .defaultHandler: try settings.defaultHandler.map(checkHandler)
      case .templates: try checkTemplates(settings.templates, insteadOf: present.templates)
      case .allowsBreakingGlass: break
      }
    }
    guard !settings.allowsBreakingGlass || !settings.notifications.isEmpty else {
      throw MailboxProblem.refused(.allowsBreakingGlass, "somebody has to be told of it: notifications name nobody")
    }
  }

  private func checkName(_ name: String) throws {
    guard OfficeText.isLine(name, upTo: 100) else {
      throw MailboxProblem.refused(.name, OfficeText.rule(line: 100))
    }
    let others = try MailboxSettingsTable.all(of: mailbox.participant, in: db).filter { $0.mailbox != mailbox.address }
    let taken =
      agreed.names.filter { $0.key != mailbox.address }.compactMap(\.value) + others.compactMap(\.settings.name)
    guard !taken.contains(where: { $0.lowercased() == name.lowercased() }) else {
      throw MailboxProblem.refused(.name, "another mailbox of the organisation has this name")
    }
  }

  private func checkNotifications(_ texts: [String]) throws {
    guard texts.count <= 10, Set(texts).count == texts.count else {
      throw MailboxProblem.refused(.notifications, "there are at most 10 addresses, each once")
    }
    for text in texts {
      guard let address = NotificationAddress(text) else {
        throw MailboxProblem.refused(
          .notifications, "an address is an e-mail address or https://HOST/PATH, without identity numbers")
      }
      if let reason = NotificationSettings.refusal(of: address, offered) {
        throw MailboxProblem.refused(.notifications, reason)
      }
    }
  }

  private func checkInterval(_ minutes: Int) throws {
    guard (1...1_440).contains(minutes) else {
      throw MailboxProblem.refused(.notificationInterval, "it is 1 to 1440 minutes")
    }
  }

  private func checkAbsence(_ absence: MailboxSettings.Absence) throws {
    guard OfficeText.isText(absence.text, upTo: 2_000) else {
      throw MailboxProblem.refused(.absence, OfficeText.rule(text: 2_000))
    }
    guard absence.from < absence.until, now < absence.until else {
      throw MailboxProblem.refused(.absence, "it ends after it begins, and in the future")
    }
  }

  private func checkForwarding(_ forwarding: MailboxSettings.Forwarding) throws {
    func refuse(_ reason: String) -> MailboxProblem { .refused(.forwarding, reason) }
    let target = MailboxID(mailbox.participant, forwarding.to)
    guard !forwarding.isOver(at: now), forwarding.until.map({ forwarding.from < $0 }) ?? true else {
      throw refuse("it ends after it begins, and in the future")
    }
    guard target != mailbox else { throw refuse("a mailbox is not forwarded to itself") }
    // Messages are put before those who work in the other mailbox: its administrators decide over that.
    guard try Access.allows(principal, .configureMailbox, target, at: now, in: db), agreed.has(forwarding.to) else {
      throw refuse("\(forwarding.to) is no mailbox of \(mailbox.participant) that you may configure")
    }
    if let reason = agreed.book?.refusal(of: forwarding.to, inPlaceOf: mailbox, at: now) { throw refuse(reason) }
    for other in try MailboxSettingsTable.all(of: mailbox.participant, in: db) {
      guard let next = other.settings.forwarding, !next.isOver(at: now) else { continue }
      if other.mailbox == forwarding.to { throw refuse("\(forwarding.to) is forwarded itself") }
      if next.to == mailbox.address { throw refuse("\(other.mailbox) is forwarded to this mailbox") }
    }
  }

  private func checkHandler(_ name: String) throws {
    guard let user = try? UserID(name), user.value == name,
      try Access.allows(.user(user), .handle, mailbox, at: now, in: db)
    else { throw MailboxProblem.refused(.defaultHandler, "the user may not work in the mailbox") }
  }

  private func checkTemplates(
    _ templates: [MailboxSettings.Template], insteadOf present: [MailboxSettings.Template]
  ) throws {
    let names = Set(templates.map { $0.name.lowercased() })
    guard templates.count <= 50, names.count == templates.count else {
      throw MailboxProblem.refused(.templates, "there are at most 50, each with a name of its own")
    }
    // Texts take time to look through, and everybody's changes wait for this one's.
    for template in Set(templates).subtracting(present) {
      guard OfficeText.isLine(template.name, upTo: 100), OfficeText.isLine(template.subject, upTo: 200) else {
        throw MailboxProblem.refused(.templates, "of a name and a subject: \(OfficeText.rule(line: 100, 200))")
      }
      guard OfficeText.isText(template.text, upTo: 10_000) else {
        throw MailboxProblem.refused(.templates, OfficeText.rule(text: 10_000))
      }
    }
  }
}

/// Texts that an office writes into its settings. None has an identity number: many see them, and for long.
private enum OfficeText {
  static func isLine(_ text: String, upTo limit: Int) -> Bool {
    isText(text, upTo: limit) && !text.contains(where: \.isNewline)
  }

  static func isText(_ text: String, upTo limit: Int) -> Bool {
    let isVisible = text.unicodeScalars.allSatisfy { scalar in
      switch scalar.properties.generalCategory {
      case .control: scalar == "\n"
      case .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate: false
      default: true
      }
    }
    return (1...limit).contains(text.unicodeScalars.count) && isVisible && !text.allSatisfy(\.isWhitespace)
      && text == text.trimmingCharacters(in: .whitespacesAndNewlines) && !IdentityNumbers.areIn(text)
  }

  static func rule(line limits: Int...) -> String {
    "at most \(limits.map(String.init).joined(separator: " and ")) characters on one line, without invisible ones, "
      + "spaces at the ends and identity numbers"
  }

  static func rule(text limit: Int) -> String {
    "a text has at most \(limit) characters, without invisible ones, white space at the ends and identity numbers"
  }
}
