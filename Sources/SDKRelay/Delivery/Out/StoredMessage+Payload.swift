import XMLSecurity

extension StoredMessage {
  /// The message as it is sent. Made of what is stored, so that it is the same whenever it is made.
  func payload() throws -> Payload {
    func attention(_ party: MessageParty, _ references: [Draft.Reference], _ persons: [StoredContent.Person]) throws
      -> Attention
    {
      guard let mailbox = party.mailbox else { throw IncompleteMessage(id: id) }
      return Attention(
        persons: persons.map { Person(id: $0.id, label: $0.label) },
        subOrganization: SubOrganization(address: mailbox, label: party.mailboxLabel),
        references: references.map {
          Reference(id: InstanceIdentifier(root: $0.root, extension: $0.value), label: $0.label)
        })
    }
    var number = 0
    let documents = content.documents.map { document in
      Document(
        id: document.id, name: document.name, index: document.index,
        files: document.files.map { file in
          defer { number += 1 }
          return ContentFile(
            fileName: file.name, contentType: file.contentType,
            content: ContentReference(number: number, size: file.size, sha256: Hexadecimal.decode(file.sha256)))
        },
        texts: document.texts)
    }
    let header = MessageHeader(
      created: created, messageID: id, conversationID: conversationID, refToMessageID: refToMessageID,
      label: content.subject, confidentiality: content.isConfidential, generatingSystem: content.generatingSystem,
      recipient: Recipient(
        id: recipient.id, label: recipient.label,
        attention: try attention(recipient, content.returnedReferences, content.recipientPersons)),
      sender: Sender(
        id: sender.id, label: sender.label,
        attention: try attention(sender, content.references, content.senderPersons)))
    return Payload(header: header, documents: documents)
  }

  /// Writes the payload into the sink, its attachments streamed from their files.
  func writePayload(limits: PayloadLimits, layout: DataLayout, into sink: any ByteSink) throws {
    let files = content.files
    try PayloadWriter.write(try payload(), limits: limits, into: sink) { file, sink in
      try attachment(files[file.content.number], layout).write(into: sink)
    }
  }
}

extension StoredMessage {
  func attachment(_ file: StoredContent.File, _ layout: DataLayout) -> StoredFile {
    layout.attachment(file.storedName, of: participant, key)
  }

  /// What is looked through for malware.
  func scanContents(_ layout: DataLayout) -> [ScanContent] {
    ScanContent.texts(content.texts) + content.files.map { .file(attachment($0, layout)) }
  }
}

/// An outgoing message without a mailbox: a fault of this program.
struct IncompleteMessage: Error {
  let id: MessageID
}
