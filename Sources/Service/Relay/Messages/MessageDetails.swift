import Mailbox
import SDKRelay

/// A message opened: its head, what it says, which files it has, and what has happened to it.
struct MessageDetails: Encodable {
  let head: MessageHead
  let documents: [Document]
  let attachments: [Attachment]
  let references: [Reference]
  let returnedReferences: [Reference]
  let senderPersons: [Person]
  let recipientPersons: [Person]
  /// Nil in a conversation, where each message's own address has it.
  let history: [Happening]?

  struct Document: Encodable {
    let id: String
    let name: String?
    let texts: [String]
  }

  struct Attachment: Encodable {
    let number: Int
    let document: String
    let name: String
    let contentType: String
    let size: Int
    let sha256: String
  }

  struct Reference: Encodable {
    let root: String?
    let value: String
    let label: String?
  }

  struct Person: Encodable {
    let root: String?
    let `extension`: String?
    let label: String?
  }

  struct Happening: Encodable {
    let time: String
    let status: String?
    let text: String
  }

  init(_ message: StoredMessage, _ events: [RelayEvent]? = nil) {
    let content = message.content
    head = MessageHead(message)
    documents = content.documents.map { Document(id: $0.id, name: $0.name, texts: $0.texts) }
    let files = content.documents.flatMap { document in document.files.map { (document.id, $0) } }
    attachments = files.enumerated().map { index, file in
      Attachment(
        number: index + 1, document: file.0, name: file.1.name, contentType: file.1.contentType, size: file.1.size,
        sha256: file.1.sha256)
    }
    references = content.references.map(Reference.init)
    returnedReferences = content.returnedReferences.map(Reference.init)
    senderPersons = content.senderPersons.map(Person.init)
    recipientPersons = content.recipientPersons.map(Person.init)
    history = events?.map { Happening(time: APITime.text($0.time), status: $0.status?.rawValue, text: $0.text) }
  }

  static let schema = Schema.named("Message") {
    .object(
      .required("head", MessageHead.schema),
      .required(
        "documents",
        .list(
          .object(
            .required("id", .text()), .optional("name", .text()),
            .required("texts", .list(.text()), "Markdown as the sender wrote it: never show it as HTML unchecked.")))),
      .required("attachments", .list(attachment)), .required("references", .list(reference), "The sender's."),
      .required("returnedReferences", .list(reference), "Those of the message that this one answers."),
      .required("senderPersons", .list(person)), .required("recipientPersons", .list(person)),
      .optional(
        "history", .list(happening),
        "Oldest first; not in conversations. Nothing is known of what the other side has opened."))
  }

  private static let attachment = Schema.object(
    .required("number", .integer(from: 1)), .required("document", .text()), .required("name", .text()),
    .required("contentType", .text()), .required("size", .integer(), "In bytes."), .required("sha256", .text()))
  private static let reference = Schema.object(
    .optional("root", .text()), .required("value", .text()), .optional("label", .text()))
  private static let person = Schema.object(
    .optional("root", .text()), .optional("extension", .text()), .optional("label", .text()))
  private static let happening = Schema.object(
    .required("time", .time), .optional("status", MessageHead.status), .required("text", .text()))
}

extension MessageDetails.Reference {
  fileprivate init(_ reference: Draft.Reference) {
    self.init(root: reference.root, value: reference.value, label: reference.label)
  }
}

extension MessageDetails.Person {
  fileprivate init(_ person: StoredContent.Person) {
    self.init(root: person.id?.root, extension: person.id?.extension, label: person.label)
  }
}
