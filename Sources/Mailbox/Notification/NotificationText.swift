import Foundation
import SDKRelay

/// What a notification says: always the same about a mailbox, whatever has come and however much of it.
struct NotificationText {
  /// The name that people know the mailbox by.
  let name: String
  let reasons: Set<NotificationReason>
  let link: URL?

  /// In Swedish, as people read it here.
  var subject: String {
    if reasons.contains(.newMessage) { return "Nya meddelanden: \(name)" }
    if reasons.contains(.deliveryFailed) { return "Leverans har misslyckats: \(name)" }
    return reasons.contains(.glassBroken) ? "Åtkomst att granska: \(name)" : "Felaktig koppling: \(name)"
  }

  var body: String {
    var lines: [String] = []
    if reasons.contains(.newMessage) { lines.append("Det finns nya meddelanden i funktionsbrevlådan \(name).") }
    if reasons.contains(.deliveryFailed) {
      lines.append("Meddelanden från funktionsbrevlådan \(name) har inte kunnat levereras.")
    }
    if reasons.contains(.linkUndone) {
      lines.append(
        "Meddelanden i funktionsbrevlådan \(name) har varit kopplade till fel ärende. Kopplingen är borttagen.")
    }
    if reasons.contains(.glassBroken) {
      lines.append(
        "Ett meddelande i funktionsbrevlådan \(name) har öppnats av någon som det inte är avsett för. Granska loggen.")
    }
    if let link { lines.append("Logga in för att läsa: \(link.absoluteString)") }
    lines.append("Detta är en automatisk avisering utan innehåll. Den går inte att svara på.")
    return lines.joined(separator: "\n\n") + "\n"
  }
}

/// A notification as a webhook gets it; `docs/notifications.md` describes each field.
struct WebhookEvent: Encodable {
  let events: [String]
  let id: String
  let mailbox: String
  let organisation: String
  /// When it was sent.
  let time: Date

  init(_ pending: PendingNotification, at now: Date) {
    events = NotificationReason.allCases.filter(pending.reasons.contains).map(\.rawValue)
    id = pending.id
    mailbox = pending.mailbox.address.value
    organisation = pending.mailbox.participant.value
    time = now
  }

  var json: [UInt8] {
    get throws {
      let encoder = JSONEncoder.stable()
      encoder.dateEncodingStrategy = .iso8601
      return Array(try encoder.encode(self))
    }
  }
}
