import XMLSecurity

/// The rules beyond the schema that the document alone shows, each as one check over the tree.
///
/// They run on documents that break the schema too, so a check looks at what is there and demands no more.
struct PayloadRuleChecks {
  let root: SchemaNode
  let direction: PayloadDirection
  let allowedTypes: Set<String>

  /// Every rule that is broken, in the order of docs/payload-rules.md.
  func problems() -> [PayloadProblem] {
    let found = [
      conversationIDMustExist(), identifierRoots(), creationDateTime(), uuids(), subjectLabel(), participants(),
      functions(), fileTypes(), documents(), indexes(), referenceLengths(), labelRequired(), senderAttention(),
    ]
    return found.flatMap { $0 }
  }

  private var headers: [SchemaNode] { root.find("message", "messageHeader") }
  private var recipients: [SchemaNode] { headers.flatMap { $0.all("recipient") } }
  private var senders: [SchemaNode] { headers.flatMap { $0.all("sender") } }
  private var attentions: [SchemaNode] { (recipients + senders).flatMap { $0.all("attention") } }
  private var functionIDs: [SchemaNode] { attentions.flatMap { $0.find("subOrganization", "organizationId") } }
  private var allDocuments: [SchemaNode] { root.find("message", "messageBody", "documents") }

  private func conversationIDMustExist() -> [PayloadProblem] {
    headers.filter { $0.all("conversationId").count != 1 }
      .map { PayloadRule.conversationIDMustExist.problem(at: $0.path) }
  }

  private func identifierRoots() -> [PayloadProblem] {
    wrong(recipients.flatMap { $0.find("recipientID", "root") }, .recipientIDValue) { $0 == ParticipantID.scheme }
      + wrong(senders.flatMap { $0.find("senderID", "root") }, .senderIDValue) { $0 == ParticipantID.scheme }
      + wrong(functionIDs.flatMap { $0.all("root") }, .subOrgRoot) { $0 == FunctionalAddress.root }
  }

  private func creationDateTime() -> [PayloadProblem] {
    wrong(headers.flatMap { $0.all("creationDateTime") }, .creationDateTime, unless: UTCTimestamp.matchesPattern)
  }

  private func uuids() -> [PayloadProblem] {
    let fields: [(String, PayloadRule)] = [
      ("messageId", .messageIDForm), ("conversationId", .conversationIDForm), ("refToMessageId", .refToMessageIDForm),
    ]
    return fields.flatMap { name, rule in
      wrong(headers.flatMap { $0.all(name) }, rule) { MessageID($0) != nil }
    }
  }

  private func subjectLabel() -> [PayloadProblem] {
    headers.flatMap { $0.all("label") }.compactMap { label in
      let length = label.text.unicodeScalars.count
      guard length > 256 else { return nil }
      return PayloadRule.subjectLabel.problem(
        at: label.path,
        text: "In tns:messageHeader/tns:label, string length \(length) exceeded maxlength 256 at \(label.path)")
    }
  }

  private func participants() -> [PayloadProblem] {
    let extensions =
      recipients.flatMap { $0.find("recipientID", "extension") } + senders.flatMap { $0.find("senderID", "extension") }
    return wrong(extensions, .organizationIdentifier) { (try? ParticipantID($0)) != nil }
  }

  private func functions() -> [PayloadProblem] {
    wrong(functionIDs.flatMap { $0.all("extension") }, .functionForm) { (try? FunctionalAddress($0)) != nil }
  }

  private func fileTypes() -> [PayloadProblem] {
    let types = allDocuments.flatMap { $0.find("ContentFiles", "contentType") }
    return types.filter { !AttachmentType.isAllowed($0.text, among: allowedTypes) }.map {
      PayloadRule.fileType.problem(at: $0.path, text: "\(PayloadRule.fileType.text) | at \($0.path)")
    }
  }

  private func documents() -> [PayloadProblem] {
    allDocuments.filter { $0["ContentFiles"] == nil && $0["ContentText"] == nil }
      .map { PayloadRule.emptyDocument.problem(at: $0.path) }
  }

  private func indexes() -> [PayloadProblem] {
    let documents = allDocuments
    let isDigits = { (text: String) in !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) } }
    var seen: Set<Substring> = []
    return documents.compactMap { document in
      guard let index = document["index"] else {
        return documents.count > 1 ? PayloadRule.index.problem(at: document.path) : nil
      }
      // "01" and "1" are the same place.
      let isNew = seen.insert(index.text.drop { $0 == "0" }).inserted
      let isPlace = direction == .incoming || Int(index.text).map { (1...documents.count).contains($0) } == true
      return isDigits(index.text) && isNew && isPlace ? nil : PayloadRule.index.problem(at: index.path)
    }
  }

  private func referenceLengths() -> [PayloadProblem] {
    wrong(attentions.flatMap { $0.find("reference", "referenceId", "extension") }, .referenceLength) {
      $0.unicodeScalars.count <= 256
    }
  }

  private func labelRequired() -> [PayloadProblem] {
    guard direction == .outgoing else { return [] }
    return headers.filter { $0["label"] == nil }.map { PayloadRule.labelRequired.problem(at: $0.path) }
  }

  private func senderAttention() -> [PayloadProblem] {
    guard direction == .outgoing else { return [] }
    return senders.filter { $0["attention"] == nil }.map { PayloadRule.senderAttention.problem(at: $0.path) }
  }

  private func wrong(
    _ nodes: [SchemaNode], _ rule: PayloadRule, unless isRight: (String) -> Bool
  ) -> [PayloadProblem] {
    nodes.filter { !isRight($0.text) }.map { rule.problem(at: $0.path) }
  }
}

/// Media types as `contentType` has them.
enum AttachmentType {
  /// Every participant takes PDF; other types are each organisation's choice (SDK-PAY-13).
  static func isAllowed(_ contentType: String, among allowed: Set<String>) -> Bool {
    let type = essence(contentType)
    return type == "application/pdf" || allowed.contains(type) || allowed.contains(PayloadLimits.anyType)
  }

  /// The type without parameters, in lower case.
  static func essence(_ contentType: String) -> String {
    // By scalars: as a character, U+037E (Greek question mark) equals the semicolon, which it is not on the wire.
    let type = String(contentType.unicodeScalars.prefix { $0 != ";" })
    return type.trimmingXMLSpace.lowercased()
  }
}
