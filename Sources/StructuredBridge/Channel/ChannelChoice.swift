public import Foundation
import GRDB
public import Mailbox
public import SDKRelay

/// What was advised for a message that went by SDK, and what was done.
public struct ChannelChoice: Hashable, Sendable {
  public let advice: ChannelAdvice
  /// Whether it belonged to a case when it was handed in, as R5 asks.
  public let isLinked: Bool

  /// What is not as advised, as a sentence; nil where it is.
  public var remark: String? {
    if let event = advice.event, advice.document == nil {
      return "\(event.rule.rawValue): this has a structured form and belongs in \(event.channel.words), never in SDK"
    }
    if advice.isLinkedFirst, !isLinked {
      return "R5: link the message to its case first, and tell the event itself through "
        + (advice.event?.channel ?? .api).words
    }
    return nil
  }
}

/// One row for each message that was handed in about something that an agreement names.
enum ChannelChoiceTable {
  static let schema = """
    CREATE TABLE channelChoice (
      messageRow INTEGER PRIMARY KEY REFERENCES message (id),
      rule TEXT NOT NULL,
      eventChannel TEXT,
      documentChannel TEXT,
      reasons TEXT NOT NULL,
      isLinked INTEGER NOT NULL,
      isFollowed INTEGER NOT NULL,
      at INTEGER NOT NULL
    ) STRICT;

    """

  static func insert(_ choice: ChannelChoice, of message: StoredMessage, at now: Date, in db: Database) throws {
    let advice = choice.advice
    let reasons = [advice.event?.reason.rawValue, advice.document?.reason.rawValue].compactMap(\.self)
    try db.change(
      sql: """
        INSERT INTO channelChoice (messageRow, rule, eventChannel, documentChannel, reasons, isLinked, isFollowed, at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        message.row, advice.rule.rawValue, advice.event?.channel.rawValue, advice.document?.channel.rawValue,
        reasons.joined(separator: " "), choice.isLinked, choice.remark == nil, now.milliseconds,
      ])
  }
}

extension ChannelChoice {
  /// What a message that an agreement lets go by SDK comes to.
  init(
    _ kind: InformationKind, hasFiles: Bool, isLinked: Bool, api: ChannelQuestion.Interface, _ live: LiveKinds
  ) {
    advice = ChannelQuestion(event: EventKind(kind), hasDocument: hasFiles, sdk: true, agreement: true, api: api)
      .advice(live)
    self.isLinked = isLinked
  }
}

extension Bridge {
  /// What to do with information of the kind now, for whoever writes: by the agreements in force, and by how the structured
  /// interface is.
  /// - Throws: what is wrong with the agreements.
  public func advice(
    about kind: InformationKind, hasDocument: Bool, from sender: MailboxID, to recipient: Draft.Mailbox,
    at now: Date = .now
  ) async throws -> ChannelAdvice {
    let place = Draft.Mailbox(sender.participant, sender.address)
    let permission = try mailbox.agreements?.book()
      .permission(from: place, to: recipient, kind: kind, attachments: [], at: now)
    let isAgreed = if case .refused? = permission { false } else { true }
    let organisation = try? await mailbox.relay.directory.organization(recipient.participant)
    let hasSDK = organisation?.mailbox(recipient.address) != nil
    let api = try mailbox.relay.read { try AvailabilityTable.state(of: sender.participant, in: $0) }
    return ChannelQuestion(
      event: EventKind(kind), hasDocument: hasDocument, sdk: hasSDK, agreement: isAgreed, api: api
    ).advice(settings.live)
  }

  /// What was not as advised about a message that was handed in; nil where all was, or nothing was advised.
  public func channelRemark(of id: MessageID, from participant: ParticipantID) throws -> String? {
    try mailbox.relay.read { db in
      let row = try db.row(
        sql: """
          SELECT kind, isLinked, documentChannel FROM channelChoice JOIN message ON message.id = messageRow
          JOIN messageAgreement USING (messageRow)
          WHERE messageId = ? AND message.participant = ? AND direction = 'out' AND NOT isFollowed
          """, arguments: [id.value, participant.comparable])
      guard let row, let kind = InformationKind(rawValue: row["kind"]) else { return nil }
      return ChannelChoice(
        kind, hasFiles: row["documentChannel"] as String? != nil, isLinked: row["isLinked"],
        api: try AvailabilityTable.state(of: participant, in: db), settings.live
      ).remark
    }
  }
}
