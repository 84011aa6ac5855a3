import Foundation
import Mailbox
import SDKRelay

/// A draft as the command line shows it: with `--json` exactly these fields.
struct DraftView: Encodable {
  struct Recipient: Encodable {
    let mailbox: String
    /// The id that its message has or will have.
    let id: String
    let sent: Bool
  }

  struct File: Encodable {
    let number: Int
    let name: String
    let contentType: String
    /// In bytes.
    let size: Int
    let sha256: String
  }

  let id: String
  let number: Int64
  let mailbox: String
  let author: String
  let version: Int
  let created: Date
  let changed: Date
  /// `new`, `reply`, `supplement` or `forward`.
  let origin: String
  /// The message it answers, adds to or passes on.
  let originID: String?
  let subject: String
  let confidential: Bool
  let kind: String
  let references: [MessageView.Reference]
  let recipients: [Recipient]
  let files: [File]
  /// Left out of lists.
  let texts: [String]?
  /// Whether nobody has changed it for long.
  var forgotten: Bool?

  init(_ draft: MessageDraft, withText: Bool = true) {
    id = draft.id.value
    number = draft.position
    mailbox = draft.mailbox.description
    author = draft.author.value
    version = draft.version
    created = draft.created
    changed = draft.changed
    origin = draft.origin.name
    originID = draft.origin.message?.value
    subject = draft.content.subject
    confidential = draft.content.isConfidential
    kind = draft.content.kind.rawValue
    references = draft.content.references.map(MessageView.Reference.init)
    recipients = draft.recipients.map {
      Recipient(mailbox: $0.mailbox.description, id: $0.messageID.value, sent: $0.isSent)
    }
    files = draft.files.map {
      File(
        number: $0.number, name: $0.name, contentType: $0.contentType, size: $0.held.size, sha256: $0.held.sha256)
    }
    texts = withText ? draft.content.texts : nil
  }

  /// The whole draft for a person.
  var text: String {
    var head = Table(header: [])
    head.rows.append(["Draft", id])
    head.rows.append(["Version", "\(version)"])
    head.rows.append(["Subject", printable(subject)])
    if confidential { head.rows.append(["Secrecy", "*** CONFIDENTIAL ***"]) }
    head.rows.append(["From", printable(mailbox)])
    for recipient in recipients {
      head.rows.append(["To", printable(recipient.mailbox) + (recipient.sent ? " (sent)" : "")])
    }
    head.rows.append(["Author", author])
    head.rows.append(["Changed", localTime(changed)])
    if let originID { head.rows.append([origin, originID]) }
    for reference in references { head.rows.append(["Reference", reference.text]) }
    var parts = [head.text] + (texts ?? []).map { printable($0, multiline: true) }
    if !files.isEmpty { parts.append("Attachments:\n" + filesTable.text) }
    return parts.joined(separator: "\n\n")
  }

  private var filesTable: Table {
    Table(
      header: [],
      rows: files.map { ["  \($0.number)", printable($0.name), printable($0.contentType), readableSize($0.size)] })
  }

  static func table(_ views: [DraftView]) -> Table {
    Table(
      header: ["NUMBER", "CHANGED", "AUTHOR", "ORIGIN", "TO", "SUBJECT", "FILES", "ID"],
      rows: views.map { view in
        [
          "\(view.number)", localTime(view.changed) + (view.forgotten == true ? " forgotten" : ""), view.author,
          view.origin, "\(view.recipients.count)", String(printable(view.subject).prefix(40)), "\(view.files.count)",
          view.id,
        ]
      })
  }
}
