import Foundation
import Mailbox
import SDKRelay

/// A message as the command line shows it: with `--json` exactly these fields.
struct MessageView: Encodable {
  struct Party: Encodable {
    let organisation: String
    let organisationLabel: String?
    let mailbox: String?
    let mailboxLabel: String?
  }

  struct Reference: Encodable {
    let root: String
    let value: String
    let label: String?
  }

  struct File: Encodable {
    let name: String
    let contentType: String
    /// In bytes.
    let size: Int
    let sha256: String
  }

  /// The agreement that it was sent or received under.
  struct Agreed: Encodable {
    let id: String?
    let version: Int?
    let kind: String?
    /// Why none covers it.
    let reason: String?
  }

  /// That its content was culled, under which rule and when.
  struct Culled: Encodable {
    let rule: String
    let time: Date
  }

  let id: String
  let direction: String
  let status: String
  let created: Date
  let stored: Date
  let conversationID: String?
  let refToMessageID: String?
  let from: Party?
  let to: Party?
  /// The own mailbox that has the message where that is not the one it was sent to: it was forwarded there.
  let forwardedTo: String?
  let subject: String
  /// Whether it is about a protected person, and nothing but id, time and state is told.
  let concealed: Bool
  let confidential: Bool
  let references: [Reference]
  /// The references of the message that this one answers.
  let returnedReferences: [Reference]
  /// Why the content cannot be had: subject, texts, references and files are not there then. Nil where it can.
  let contentProblem: String?
  /// Left out of lists.
  var texts: [String]?
  let files: [File]
  /// Why the recipient refused it, as its receipt says. Left out of lists.
  var reasons: [ReceiptView.Line]?
  /// The agreement and its version; nothing where the node had none. Left out of lists.
  var agreement: Agreed?
  /// The signed proof that there is. Left out of lists.
  var evidence: [EvidenceView]?
  /// Nil while its content is there.
  let culled: Culled?

  /// - Parameter isConcealed: whether it is about a protected person and nothing but id, time and state may be shown.
  init(_ message: StoredMessage, withText: Bool, isConcealed: Bool = false) {
    id = message.id.value
    direction = message.direction.rawValue
    status = message.status.rawValue
    created = message.created
    stored = message.stored
    concealed = isConcealed
    let shown = isConcealed ? nil : message
    conversationID = shown?.conversationID.value
    refToMessageID = shown?.refToMessageID?.value
    from = shown.map { Party($0.sender) }
    to = shown.map { Party($0.recipient) }
    let isElsewhere = message.direction == .incoming && message.ownMailbox != message.recipient.mailbox
    forwardedTo = isElsewhere ? shown?.ownMailbox?.value : nil
    subject = shown?.subject ?? "Skyddad uppgift"
    confidential = shown?.content.isConfidential ?? false
    references = shown?.content.references.map(Reference.init) ?? []
    returnedReferences = shown?.content.returnedReferences.map(Reference.init) ?? []
    contentProblem = shown?.contentProblem.map { "\($0)" }
    texts = withText ? shown?.content.texts : nil
    files = shown?.content.files.map(File.init) ?? []
    culled = shown?.content.culled.map { Culled(rule: $0.rule, time: $0.time) }
  }

  /// What stands in the place of the subject of a message that was culled.
  var culledText: String? { culled.map { "culled under the rule \($0.rule), \(localTime($0.time))" } }
}

extension MessageView.Party {
  init(_ party: MessageParty) {
    organisation = party.id.value
    organisationLabel = party.label
    mailbox = party.mailbox?.value
    mailboxLabel = party.mailboxLabel
  }

  /// Names first, addresses in brackets, as far as they are known.
  var text: String {
    let names = [organisationLabel, mailboxLabel].compactMap { $0 }.joined(separator: ", ")
    let address = [organisation, mailbox].compactMap { $0 }.joined(separator: "/")
    return printable(names.isEmpty ? address : "\(names) (\(address))")
  }
}

extension MessageView.Agreed {
  init(_ agreement: MessageAgreement) {
    id = agreement.agreement?.id
    version = agreement.agreement?.version
    kind = agreement.kind?.rawValue
    reason = agreement.reason?.rawValue
  }

  var text: String {
    guard let id, let version else { return "none covers it, the sender was not expected (\(reason ?? "unknown"))" }
    return printable("\(id), version \(version)") + (kind.map { " (\($0))" } ?? "")
  }
}

extension MessageView.Reference {
  init(_ reference: Draft.Reference) {
    root = reference.root
    value = reference.value
    label = reference.label
  }

  var text: String { printable("\(root)=\(value)" + (label.map { " (\($0))" } ?? "")) }
}

extension MessageView.File {
  init(_ file: StoredContent.File) {
    name = file.name
    contentType = file.contentType
    size = file.size
    sha256 = file.sha256
  }
}

extension MessageView {
  /// The whole message for a person.
  var text: String {
    var head = Table(header: [])
    head.rows.append(["Subject", culledText.map { "(\($0))" } ?? printable(subject)])
    if let contentProblem { head.rows.append(["Content", contentProblem]) }
    if confidential { head.rows.append(["Secrecy", "*** CONFIDENTIAL – the sender marked it as under secrecy ***"]) }
    head.rows.append(["From", from?.text ?? ""])
    head.rows.append(["To", to?.text ?? ""])
    if let forwardedTo { head.rows.append(["Forwarded to", printable(forwardedTo)]) }
    head.rows.append(["Created", localTime(created)])
    head.rows.append([direction == "in" ? "Received" : "Submitted", localTime(stored)])
    head.rows.append(["Status", status])
    head.rows.append(["Message", id])
    head.rows.append(["Conversation", conversationID ?? ""])
    if let agreement { head.rows.append(["Agreement", agreement.text]) }
    if let refToMessageID { head.rows.append(["Answers", refToMessageID]) }
    for reference in references { head.rows.append(["Reference", reference.text]) }
    for reference in returnedReferences { head.rows.append(["Your reference", reference.text]) }
    var parts = [head.text]
    if let reasons, !reasons.isEmpty { parts.append("Refused by the recipient:\n" + ReceiptView.table(reasons)) }
    parts += (texts ?? []).map { printable($0, multiline: true) }
    if !files.isEmpty { parts.append("Attachments:\n" + filesTable.text) }
    if let evidence, !evidence.isEmpty { parts.append("Signed proof:\n" + EvidenceView.table(evidence).text) }
    return parts.joined(separator: "\n\n")
  }

  private var filesTable: Table {
    Table(
      header: [],
      rows: files.enumerated().map { index, file in
        ["  \(index + 1)", printable(file.name), printable(file.contentType), readableSize(file.size)]
      })
  }
}
