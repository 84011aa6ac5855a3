import Foundation
import SDKRelay
import XMLSecurity

/// A message to send as a client wrote it, and the files its attachments were put into. The files go with this.
struct ReceivedDraft {
  let draft: Draft
  let files: [SealedSpoolFile]
}

extension APIMessage {
  /// Reads the message that a client hands in. Attachments are decoded into temporary files of the spool, sealed.
  /// - Throws: ``Problem`` naming the field, or what the disk is in the way with.
  func received(into spool: Spool) throws -> ReceivedDraft {
    guard type == nil || type == "messages" else { throw Problem.wrong("data.type", "must be messages") }
    guard attributes.messageStatus == nil else {
      throw Problem.wrong("messageStatus", "is the service's to say")
    }
    var files: [SealedSpoolFile] = []
    let documents = try (attributes.digitalDocument ?? []).map { document in
      Draft.Document(
        id: document.documentId, name: document.documentName, index: document.index,
        texts: document.contentTextBody ?? [],
        attachments: try (document.contentFiles ?? []).map { file in
          let (attachment, kept) = try file.attachment(into: spool)
          files.append(kept)
          return attachment
        })
    }
    var draft = Draft(
      from: try mailbox(attributes.sender, attributes.senderAttention, "sender"),
      to: try mailbox(attributes.recipient, attributes.recipientAttention, "recipient"), subject: attributes.label,
      isConfidential: attributes.confidentiality,
      references: try references(attributes.senderAttention, "senderAttention"))
    draft.documents = documents
    draft.senderPersons = try persons(attributes.senderAttention)
    draft.recipientPersons = try persons(attributes.recipientAttention)
    draft.generatingSystem = try attributes.generatingSystem.map { try identifier($0, "generatingSystem") }
    draft.chosen = try chosen()
    return ReceivedDraft(draft: draft, files: files)
  }

  private func chosen() throws(Problem) -> Draft.Chosen {
    func id(_ text: String?, _ field: String) throws(Problem) -> MessageID? {
      guard let text else { return nil }
      guard let id = MessageID(text) else { throw .wrong(field, "is no UUID") }
      return id
    }
    var chosen = Draft.Chosen()
    chosen.messageID = try id(attributes.messageId ?? self.id, "messageId")
    chosen.conversationID = try id(attributes.conversationId, "conversationId")
    chosen.refToMessageID = try id(attributes.refToMessageId, "refToMessageId")
    if let text = attributes.creationDateTime {
      guard let date = APITime.date(text) else { throw .wrong("creationDateTime", "must be a time in UTC") }
      chosen.created = date
    }
    let returned = try references(attributes.recipientAttention, "recipientAttention")
    if !returned.isEmpty { chosen.returnedReferences = returned }
    return chosen
  }

  private func mailbox(
    _ organisation: String, _ attention: Attention?, _ field: String
  ) throws(Problem) -> Draft.Mailbox {
    guard let participant = try? ParticipantID(organisation) else {
      throw .wrong(field, "is no participant's id, such as 0203:kommun.example.se")
    }
    let place = "\(field)Attention.subOrganization"
    guard let sub = attention?.subOrganization, let text = sub.extension else {
      throw .wrong("\(place).extension", "the functional address is missing")
    }
    guard sub.root == nil || sub.root == FunctionalAddress.root else {
      throw .wrong("\(place).root", "must be \(FunctionalAddress.root)")
    }
    guard let address = try? FunctionalAddress(text) else {
      throw .wrong("\(place).extension", "is no functional address")
    }
    return Draft.Mailbox(participant, address)
  }

  private func references(_ attention: Attention?, _ field: String) throws(Problem) -> [Draft.Reference] {
    var references: [Draft.Reference] = []
    for reference in attention?.referenceId ?? [] {
      let id = try identifier(reference, "\(field).referenceId")
      references.append(Draft.Reference(root: id.root, value: id.extension, label: reference.label))
    }
    return references
  }

  private func persons(_ attention: Attention?) throws(Problem) -> [StoredContent.Person] {
    var persons: [StoredContent.Person] = []
    for person in attention?.attentionPerson ?? [] {
      persons.append(StoredContent.Person(id: try identifier(person, "attentionPerson"), label: person.label))
    }
    return persons
  }

  private func identifier(_ value: Identifier, _ field: String) throws(Problem) -> InstanceIdentifier {
    guard let root = value.root, let text = value.extension else {
      throw .wrong(field, "needs root and extension")
    }
    return InstanceIdentifier(root: root, extension: text)
  }
}

extension APIMessage.ContentFile {
  fileprivate func attachment(into spool: Spool) throws -> (Draft.Attachment, SealedSpoolFile) {
    guard let data = Data(base64Encoded: content) else { throw Problem.wrong("contentFiles.content", "is no base64") }
    let file = try SealedSpoolFile(in: spool, key: .random())
    try data.withUnsafeBytes { try file.write($0) }
    try file.close()
    return (Draft.Attachment(file.temporary, name: fileName, contentType: contentType), file)
  }
}
