import XMLSecurity

/// MessageWithAttachments 3.0 as a ``ContentModel``, element for element as in the published XSD.
enum MessageSchema {
  static let namespace = "urn:riv:infrastructure:messaging:MessageWithAttachments:3"
  /// The elements whose text only the size of the message bounds: attachments and texts.
  static let largeText: Set<XMLName> = [content, XMLName(namespace, "characterSequence")]

  static let model = ContentModel(root: one("messagePayload", messagePayload), prefixes: [namespace: "ns"])

  private static let content = XMLName(namespace, "content")
  private typealias Particle = ContentModel.Particle
  private typealias ElementType = ContentModel.ElementType

  private static let messagePayload = closed("MessagePayloadType", [one("message", message)])

  private static let message = extensible("MessageType", [one("messageHeader", header), one("messageBody", body)])

  private static let header = extensible(
    "MessageHeaderType",
    [
      one("creationDateTime", builtIn("dateTime", .dateTime)),
      one("messageId", string),
      one("conversationId", string),
      optional("refToMessageId", string),
      // Longer than 256 characters is a business rule (subjectlabel), not one of the schema.
      optional("label", string),
      one("confidentiality", builtIn("boolean", .boolean)),
      optional("generatingSystem", identifier),
      one("recipient", recipient),
      one("sender", sender),
    ])

  private static let recipient = extensible(
    "RecipientType", [one("recipientID", identifier), optional("label", label), one("attention", attention)])

  private static let sender = extensible(
    "SenderType", [one("senderID", identifier), optional("label", label), optional("attention", attention)])

  private static let attention = extensible(
    "AttentionDataType",
    [many("person", person), one("subOrganization", subOrganization), many("reference", reference)])

  private static let person = extensible(
    "AttentionPersonType", [optional("personId", identifier), optional("label", label)])

  private static let subOrganization = extensible(
    "subOrganizationType", [one("organizationId", identifier), optional("label", label)])

  private static let reference = extensible(
    "ReferenceType", [one("referenceId", identifier), optional("label", label)])

  private static let body = extensible("MessageBodyType", [Particle(name("documents"), document, 1, .max)])

  private static let document = extensible(
    "DigitalDocumentType",
    [
      one("documentID", string),
      optional("documentName", string),
      optional("index", string),
      many("ContentFiles", file),
      many("ContentText", text),
    ])

  private static let file = extensible(
    "ContentAsBase64",
    [one("fileName", string), one("contentType", string), Particle(content, string, isStreamed: true)])

  private static let text = extensible("contentAsText", [one("characterSequence", string)])

  private static let identifier = closed("IIType", [one("root", string), one("extension", string)])

  private static let label = ElementType(nil, .simple(.limitedString(256)))
  private static let string = builtIn("string", .string)

  private static func name(_ local: String) -> XMLName { XMLName(namespace, local) }

  private static func one(_ local: String, _ type: ElementType) -> Particle { Particle(name(local), type) }

  private static func optional(_ local: String, _ type: ElementType) -> Particle { Particle(name(local), type, 0) }

  private static func many(_ local: String, _ type: ElementType) -> Particle { Particle(name(local), type, 0, .max) }

  /// A type that ends with any elements of other namespaces.
  private static func extensible(_ local: String, _ particles: [Particle]) -> ElementType {
    ElementType(name(local), .sequence(particles, tail: true))
  }

  private static func closed(_ local: String, _ particles: [Particle]) -> ElementType {
    ElementType(name(local), .sequence(particles, tail: false))
  }

  private static func builtIn(_ local: String, _ type: SimpleType) -> ElementType {
    ElementType(XMLName("http://www.w3.org/2001/XMLSchema", local), .simple(type))
  }
}
