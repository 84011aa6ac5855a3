import Foundation
import SDKRelay
import XMLSecurity

/// A message on its way into a package.
struct ArchivedMessage: Sendable {
  let message: StoredMessage
  let register: ArchivedRegister
  /// Oldest first.
  var events: [RelayEvent] = []
}

/// An attachment in a package.
struct ArchivedAttachment: Hashable, Sendable {
  let file: StoredContent.File
  /// Relative to the message's folder.
  let path: String
}

/// `record.xml`: a message for machines, with everything that is known about it. Its form is ``RecordSchema``.
struct MessageRecord {
  let archived: ArchivedMessage
  let attachments: [ArchivedAttachment]
  /// Where the signed originals lie, relative to the message's folder; nil where nothing has been signed.
  let evidence: String?
  static let namespace = "urn:sdk-relay:archive:record:1"

  private var message: StoredMessage { archived.message }

  func write(into sink: any ByteSink) throws {
    try ArchiveXML.document("record", namespaces: [("", Self.namespace)], into: sink) { xml in
      try identity(xml)
      try register(xml)
      try party("sender", message.sender, message.content.senderPersons, xml)
      try party("recipient", message.recipient, message.content.recipientPersons, xml)
      try xml.element("subject", message.subject)
      try xml.element("confidential", message.content.isConfidential ? "true" : "false")
      for reference in message.content.references { try self.reference(reference, isReturned: false, xml) }
      for reference in message.content.returnedReferences { try self.reference(reference, isReturned: true, xml) }
      try documents(xml)
      for event in archived.events {
        try xml.element(
          "event", event.text,
          [
            ("number", "\(event.number)"), ("time", UTCTimestamp.text(event.time)),
            ("status", event.status?.rawValue), ("transport", event.transportID),
          ])
      }
      if let evidence { try xml.nested("evidence", [("file", evidence)]) }
    }
  }

  private func identity(_ xml: ArchiveXML) throws {
    try xml.element("messageId", message.id.value)
    try xml.element("conversationId", message.conversationID.value)
    try xml.element("refToMessageId", message.refToMessageID?.value)
    try xml.element("direction", message.direction.rawValue)
    try xml.element("status", message.status.rawValue)
    try xml.element("created", UTCTimestamp.text(message.created))
    try xml.element("stored", UTCTimestamp.text(message.stored))
  }

  private func register(_ xml: ArchiveXML) throws {
    let facts = archived.register
    try xml.nested("register", [("state", facts.state)]) {
      try xml.element("date", UTCTimestamp.text(facts.date))
      try xml.element("number", facts.number)
      try xml.element("counterparty", facts.counterparty)
      try xml.element("matter", facts.matter)
    }
  }

  private func party(
    _ name: String, _ party: MessageParty, _ persons: [StoredContent.Person], _ xml: ArchiveXML
  ) throws {
    try xml.nested(name) {
      try xml.element("organisation", party.id.value)
      try xml.element("name", party.label)
      try xml.element("mailbox", party.mailbox?.value)
      try xml.element("mailboxName", party.mailboxLabel)
      for person in persons {
        try xml.element("person", person.label ?? "", [("root", person.id?.root), ("id", person.id?.extension)])
      }
    }
  }

  private func reference(_ reference: Draft.Reference, isReturned: Bool, _ xml: ArchiveXML) throws {
    try xml.element(
      "reference", reference.value,
      [("root", reference.root), ("label", reference.label), ("returned", isReturned ? "true" : "false")])
  }

  private func documents(_ xml: ArchiveXML) throws {
    var rest = attachments[...]
    for document in message.content.documents {
      try xml.nested("document", [("id", document.id), ("name", document.name), ("index", document.index)]) {
        for text in document.texts { try xml.element("text", text) }
        for attachment in rest.prefix(document.files.count) {
          try xml.element(
            "attachment", attachment.file.name,
            [
              ("file", attachment.path), ("mediaType", attachment.file.contentType),
              ("size", "\(attachment.file.size)"), ("sha256", attachment.file.sha256),
            ])
        }
        rest = rest.dropFirst(document.files.count)
      }
    }
  }
}
