import Foundation
import XMLSecurity

/// What is to become of a received envelope, and with it which message receipt is sent, if any (B1.3.3 §5.3).
enum OpenVerdict: Sendable {
  /// Valid: into the mailbox, receipt ACCEPTED.
  case valid(OpenedMessage)
  /// Valid but for malware: receipt REJECTED, and its files into quarantine.
  case infected(OpenedMessage, [MessageScan.Infection])
  /// Broken rules that the sender is told of: receipt REJECTED, to the sender's function where the payload names it.
  case rejected([PayloadProblem], function: FunctionalAddress? = nil)
  /// Never answered with a receipt: logged, deleted, alarm (SDK-AS4-12, SDK-KVT-05).
  case refused(String)
  /// Kept unread for an operator, without an answer. Undecryptable ones count against their sender (E4).
  case putAside(String, countsAsUndecryptable: Bool)
  /// The same bytes as a message that was dealt with before, in this reception's row.
  case repeated(earlier: Int64)
  /// A message receipt, perhaps for one of our messages.
  case receipt(MessageResponse)
  /// Cannot be judged now, for this reason.
  case held(String)

  /// For the log.
  var name: String {
    switch self {
    case .valid: "valid"
    case .infected: "infected"
    case .rejected: "rejected"
    case .refused: "refused"
    case .putAside: "put aside"
    case .repeated: "repeated"
    case .receipt: "message receipt"
    case .held: "held"
    }
  }
}

/// A valid message whose attachments wait in temporary files, sealed.
///
/// Unchecked: made on one worker's thread and handed on as a whole; nobody writes the files any more.
struct OpenedMessage: @unchecked Sendable {
  let payload: Payload
  let files: [Int: SealedSpoolFile]
  /// What they are sealed with.
  let key: SealKey
  let envelopeSha256: [UInt8]
  /// Why nobody has looked for malware in it although somebody should have.
  var unscanned: String?

  init(payload: Payload, files: [Int: SealedSpoolFile], key: SealKey, envelopeSha256: [UInt8]) {
    self.payload = payload
    self.files = files
    self.key = key
    self.envelopeSha256 = envelopeSha256
  }

  /// Makes the attachments durable under their final names, in another spool where one is given.
  func keepFiles(in spool: Spool? = nil) throws {
    for file in files.values { try file.keep(in: spool) }
  }

  /// Where the receipt goes.
  var senderMailbox: FunctionalAddress? { payload.header.sender.attention?.subOrganization.address }

  /// The attachments' final names.
  var fileNames: [String] { files.values.map(\.name) }

  /// What is looked through for malware, where it lies now.
  var scanContents: [ScanContent] {
    ScanContent.texts(payload.documents.flatMap(\.texts))
      + files.sorted { $0.key < $1.key }.map { .file($0.value.temporary) }
  }

  func message(_ reception: Reception, _ envelope: EnvelopeHeader) -> NewMessage {
    let header = payload.header
    return NewMessage(
      participant: reception.participant, direction: .incoming, id: header.messageID, status: .retrieved,
      created: header.created, conversationID: header.conversationID, refToMessageID: header.refToMessageID,
      sender: MessageParty(header.sender.id, header.sender.label, header.sender.attention),
      recipient: MessageParty(header.recipient.id, header.recipient.label, header.recipient.attention),
      content: content, envelopeSha256: envelopeSha256, key: key, reception: reception.row)
  }

  private var content: StoredContent {
    let header = payload.header
    let documents = payload.documents.map { document in
      StoredContent.Document(
        id: document.id, name: document.name, index: document.index, texts: document.texts,
        files: document.files.map { file in
          StoredContent.File(
            name: file.fileName, contentType: file.contentType, size: file.content.size,
            sha256: Hexadecimal.encode(file.content.sha256), storedName: files[file.content.number]?.name ?? "")
        })
    }
    func references(_ attention: Attention?) -> [Draft.Reference] {
      (attention?.references ?? []).map {
        Draft.Reference(root: $0.id.root, value: $0.id.extension, label: $0.label)
      }
    }
    func persons(_ attention: Attention?) -> [StoredContent.Person] {
      (attention?.persons ?? []).map { StoredContent.Person(id: $0.id, label: $0.label) }
    }
    return StoredContent(
      subject: header.label ?? "", isConfidential: header.confidentiality,
      references: references(header.sender.attention), returnedReferences: references(header.recipient.attention),
      generatingSystem: header.generatingSystem, senderPersons: persons(header.sender.attention),
      recipientPersons: persons(header.recipient.attention), documents: documents)
  }
}

extension MessageParty {
  init(_ id: ParticipantID, _ label: String?, _ attention: Attention?) {
    self.init(
      id: id, label: label, mailbox: attention?.subOrganization.address,
      mailboxLabel: attention?.subOrganization.label)
  }
}
