/// Makes a ``Payload`` of a tree that has passed every check; nil where it has not.
struct PayloadBuilder {
  private let intake: AttachmentIntake

  init(_ intake: AttachmentIntake) {
    self.intake = intake
  }

  func payload(_ root: SchemaNode) -> Payload? {
    guard let message = root["message"], let headerNode = message["messageHeader"], let header = header(headerNode),
      let documents = all(message.find("messageBody", "documents"), document)
    else { return nil }
    return Payload(header: header, documents: documents)
  }

  private func header(_ node: SchemaNode) -> MessageHeader? {
    guard let created = UTCTimestamp.date(node["creationDateTime"]?.text ?? ""),
      let messageID = MessageID(node["messageId"]?.text ?? ""),
      let conversationID = MessageID(node["conversationId"]?.text ?? ""),
      let confidentiality = SimpleType.boolean(node["confidentiality"]?.text ?? ""),
      let recipient = node["recipient"].flatMap(recipient), let sender = node["sender"].flatMap(sender)
    else { return nil }
    return MessageHeader(
      created: created, messageID: messageID, conversationID: conversationID,
      refToMessageID: node["refToMessageId"].flatMap { MessageID($0.text) }, label: node["label"]?.text,
      confidentiality: confidentiality, generatingSystem: node["generatingSystem"].flatMap(identifier),
      recipient: recipient, sender: sender)
  }

  private func recipient(_ node: SchemaNode) -> Recipient? {
    guard let id = participant(node["recipientID"]), let attention = node["attention"].flatMap(attention) else {
      return nil
    }
    return Recipient(id: id, label: node["label"]?.text, attention: attention)
  }

  private func sender(_ node: SchemaNode) -> Sender? {
    guard let id = participant(node["senderID"]) else { return nil }
    return Sender(id: id, label: node["label"]?.text, attention: node["attention"].flatMap(attention))
  }

  private func attention(_ node: SchemaNode) -> Attention? {
    guard let function = node["subOrganization"],
      let address = try? FunctionalAddress(function["organizationId"]?["extension"]?.text ?? ""),
      let references = all(node.all("reference"), reference)
    else { return nil }
    let persons = node.all("person").map {
      Person(id: $0["personId"].flatMap(identifier), label: $0["label"]?.text)
    }
    return Attention(
      persons: persons, subOrganization: SubOrganization(address: address, label: function["label"]?.text),
      references: references)
  }

  private func reference(_ node: SchemaNode) -> Reference? {
    node["referenceId"].flatMap(identifier).map { Reference(id: $0, label: node["label"]?.text) }
  }

  private func document(_ node: SchemaNode) -> Document? {
    guard let id = node["documentID"]?.text, let files = all(node.all("ContentFiles"), file) else { return nil }
    return Document(
      id: id, name: node["documentName"]?.text, index: node["index"]?.text, files: files,
      texts: node.find("ContentText", "characterSequence").map(\.text))
  }

  private func file(_ node: SchemaNode) -> ContentFile? {
    guard let name = node["fileName"]?.text, let type = node["contentType"]?.text,
      let content = node["content"].flatMap(intake.reference)
    else { return nil }
    return ContentFile(fileName: name, contentType: type, content: content)
  }

  private func identifier(_ node: SchemaNode) -> InstanceIdentifier? {
    guard let root = node["root"]?.text, let `extension` = node["extension"]?.text else { return nil }
    return InstanceIdentifier(root: root, extension: `extension`)
  }

  private func participant(_ node: SchemaNode?) -> ParticipantID? {
    try? ParticipantID(node?["extension"]?.text ?? "")
  }

  /// All made values, or nil when one could not be made.
  private func all<Value>(_ nodes: [SchemaNode], _ make: (SchemaNode) -> Value?) -> [Value]? {
    let values = nodes.compactMap(make)
    return values.count == nodes.count ? values : nil
  }
}
