import Foundation
import GRDB
import Logging
import SDKRelay

/// Sends what waits in the table `notification`, while the node runs.
///
/// Every second it looks for what may be sent: at most one an interval to each address of a mailbox. What fails is tried
/// again after 1, 2, 4 … minutes, at most an hour apart; after a day, or where the other side refuses for good, it is
/// given up with an alarm. A row is changed once the other side has taken the notification: after a crash between the two
/// it is sent again, with the same id.
struct Notifier: Sendable {
  let relay: Relay
  let settings: NotificationSettings?
  let logger: Logger
  var now: @Sendable () -> Date = { .now }

  static let glance = Duration.seconds(1)
  static let patience = Duration.seconds(86_400)
  private static let together = 8

  func run() async {
    while !Task.isCancelled {
      await round()
      try? await Task.sleep(for: Self.glance)
    }
  }

  /// Tries what is due, once.
  func round() async {
    let due: [Plan]
    do {
      due = try relay.read(plans)
    } catch {
      return logger.error("notifications cannot be read", metadata: ["reason": "\(error)"])
    }
    await withTaskGroup(of: Void.self) { group in
      for (index, plan) in due.enumerated() {
        if index >= Self.together { await group.next() }
        group.addTask { await self.perform(plan) }
      }
    }
  }

  /// A notification with what there is to say and whether anybody still wants it.
  private struct Plan: Sendable {
    let pending: PendingNotification
    let settings: MailboxSettings
  }

  private func plans(_ db: Database) throws -> [Plan] {
    let now = now()
    return try NotificationTable.due(at: now, in: db).compactMap { pending in
      let settings = try MailboxSettingsTable.fetch(pending.mailbox, in: db).settings
      let interval = settings.notificationInterval.map { Duration.seconds($0 * 60) } ?? self.settings?.interval
      // Where the clock was set back, the last one lies ahead.
      if let last = pending.last, last <= now, let interval, now < last + interval.seconds { return nil }
      return Plan(pending: pending, settings: settings)
    }
  }

  private func perform(_ plan: Plan) async {
    let pending = plan.pending
    do {
      guard plan.settings.notifications.contains(where: { $0.utf8.elementsEqual(pending.address.utf8) }) else {
        return try await relay.write { try NotificationTable.drop(pending, in: $0) }
      }
      do {
        try await send(plan)
      } catch {
        return try await fail(pending, error)
      }
      let now = now()
      try await relay.write { try NotificationTable.sent(pending, at: now, in: $0) }
    } catch {
      logger.error("a notification cannot be recorded", metadata: ["reason": "\(error)"])
    }
  }

  private func send(_ plan: Plan) async throws(NotificationProblem) {
    let pending = plan.pending
    guard let address = NotificationAddress(pending.address) else {
      throw NotificationProblem("the address is none", isFinal: true)
    }
    if let reason = NotificationSettings.refusal(of: address, settings) {
      throw NotificationProblem(reason, isFinal: true)
    }
    switch address {
    case .mail(let address):
      guard let smtp = settings?.mail else { return }
      let text = NotificationText(
        name: plan.settings.name ?? pending.mailbox.address.value, reasons: pending.reasons, link: settings?.link)
      let message = MailMessage(
        from: smtp.from, to: address, subject: text.subject, body: text.body, id: pending.id, date: now())
      try await SMTPClient(settings: smtp).send(message)
    case .webhook(let address):
      guard let host = settings?.host(of: address) else { return }
      do {
        try await WebhookClient(host: host).send(WebhookEvent(pending, at: now()).json, to: address, at: now())
      } catch {
        throw NotificationProblem(error)
      }
    }
  }

  private func fail(_ pending: PendingNotification, _ problem: NotificationProblem) async throws {
    let now = now()
    logger.warning(
      "a notification was not sent",
      metadata: ["mailbox": "\(pending.mailbox)", "reason": "\(problem)", "attempts": "\(pending.attempts + 1)"])
    guard !problem.isFinal, now < pending.since + Self.patience.seconds else {
      // First the alarm: after a crash between the two it comes twice rather than never.
      let kind = pending.address.hasPrefix("https:") ? "webhook" : "e-mail"
      try await relay.record(
        "a notification of the mailbox \(pending.mailbox) by \(kind) is given up: \(problem)", isAlarm: true)
      return try await relay.write { try NotificationTable.drop(pending, in: $0) }
    }
    let pause = min(60 * pow(2, Double(min(pending.attempts, 10))), 3_600)
    try await relay.write { try NotificationTable.failed(pending, nextAt: now + pause, in: $0) }
  }
}
