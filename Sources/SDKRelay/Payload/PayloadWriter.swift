public import XMLSecurity

/// Writes payloads as MessageWithAttachments 3.0, streaming the attachments.
///
/// Every byte that is written is read back and checked as a receiver would, with the rules for outgoing messages: what
/// breaks one leads to ``InvalidPayload`` at the end, and what has been written by then must not be sent.
public enum PayloadWriter {
  /// The bytes of an attachment are not those that the payload states: the file has changed since it was taken.
  public struct AttachmentChanged: Error, Hashable, Sendable {
    /// The attachment's place in the message, from 0.
    public let number: Int
  }

  /// Writes the payload. The sink is not closed.
  ///
  /// - Parameters:
  ///   - declaration: whether an XML declaration comes first; it may not within an envelope.
  ///   - attachments: writes the bytes of one attachment into the sink it is given, without closing it.
  /// - Throws: ``InvalidPayload``, ``AttachmentChanged``, and what the sink or the attachments throw.
  public static func write(
    _ payload: Payload, limits: PayloadLimits = .outgoing, declaration: Bool = false, into sink: any ByteSink,
    attachments: (ContentFile, any ByteSink) throws -> Void
  ) throws {
    let check = PayloadReader(limits: limits, direction: .outgoing, store: NoAttachments())
    let message = MessageWriter(XMLWriter(into: TeeSink([sink, check])))
    try message.write(payload, declaration: declaration, attachments: attachments)
    try check.close()
    switch check.result() {
    case .valid(let written): try compare(written, with: payload)
    case .invalid(let problems): throw InvalidPayload(problems)
    case .unreadable:
      throw InvalidPayload([PayloadRule.limits.problem(text: "A text has a character XML cannot carry.")])
    }
  }

  private static func compare(_ written: Payload, with payload: Payload) throws {
    for (written, stated) in zip(written.files, payload.files)
    where written.content.sha256 != stated.content.sha256 || written.content.size != stated.content.size {
      throw AttachmentChanged(number: stated.content.number)
    }
  }
}

/// The elements in the order of the schema.
private struct MessageWriter {
  private let xml: XMLWriter

  init(_ xml: XMLWriter) {
    self.xml = xml
  }

  func write(
    _ payload: Payload, declaration: Bool, attachments: (ContentFile, any ByteSink) throws -> Void
  ) throws {
    if declaration { try xml.declaration() }
    try xml.start("ns:messagePayload", namespaces: [XMLNamespace(prefix: "ns", uri: MessageSchema.namespace)])
    try nested("message") {
      try nested("messageHeader") { try header(payload.header) }
      try nested("messageBody") {
        for document in payload.documents { try nested("documents") { try body(document, attachments) } }
      }
    }
    try xml.end()
  }

  private func header(_ header: MessageHeader) throws {
    try text("creationDateTime", UTCTimestamp.text(header.created))
    try text("messageId", header.messageID.value)
    try text("conversationId", header.conversationID.value)
    try text("refToMessageId", header.refToMessageID?.value)
    try text("label", header.label)
    try text("confidentiality", header.confidentiality ? "true" : "false")
    try identifier("generatingSystem", header.generatingSystem)
    try nested("recipient") {
      try identifier(
        "recipientID", InstanceIdentifier(root: ParticipantID.scheme, extension: header.recipient.id.value))
      try text("label", header.recipient.label)
      try attention(header.recipient.attention)
    }
    try nested("sender") {
      try identifier("senderID", InstanceIdentifier(root: ParticipantID.scheme, extension: header.sender.id.value))
      try text("label", header.sender.label)
      if let attention = header.sender.attention { try self.attention(attention) }
    }
  }

  private func attention(_ attention: Attention) throws {
    try nested("attention") {
      for person in attention.persons {
        try nested("person") {
          try identifier("personId", person.id)
          try text("label", person.label)
        }
      }
      try nested("subOrganization") {
        let address = attention.subOrganization.address
        try identifier("organizationId", InstanceIdentifier(root: FunctionalAddress.root, extension: address.value))
        try text("label", attention.subOrganization.label)
      }
      for reference in attention.references {
        try nested("reference") {
          try identifier("referenceId", reference.id)
          try text("label", reference.label)
        }
      }
    }
  }

  private func body(_ document: Document, _ attachments: (ContentFile, any ByteSink) throws -> Void) throws {
    try text("documentID", document.id)
    try text("documentName", document.name)
    try text("index", document.index)
    for file in document.files {
      try nested("ContentFiles") {
        try text("fileName", file.fileName)
        try text("contentType", file.contentType)
        try nested("content") { try xml.raw { try base64(file, into: $0, attachments) } }
      }
    }
    for content in document.texts {
      try nested("ContentText") { try text("characterSequence", content) }
    }
  }

  private func base64(
    _ file: ContentFile, into sink: any ByteSink, _ attachments: (ContentFile, any ByteSink) throws -> Void
  ) throws {
    let encoder = Base64EncodingSink(next: UnclosedSink(sink))
    try attachments(file, encoder)
    try encoder.close()
  }

  private func identifier(_ name: String, _ identifier: InstanceIdentifier?) throws {
    guard let identifier else { return }
    try nested(name) {
      try text("root", identifier.root)
      try text("extension", identifier.extension)
    }
  }

  private func nested(_ name: String, _ content: () throws -> Void) throws {
    try xml.start("ns:" + name)
    try content()
    try xml.end()
  }

  private func text(_ name: String, _ text: String?) throws {
    guard let text else { return }
    try xml.element("ns:" + name, text)
  }
}

/// Passes bytes on, but not the end: more follows.
private final class UnclosedSink: ByteSink {
  private let next: any ByteSink

  init(_ next: any ByteSink) {
    self.next = next
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws { try next.write(bytes) }
  func close() throws {}
}
