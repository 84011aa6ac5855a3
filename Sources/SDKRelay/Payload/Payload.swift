public import Foundation

/// An SDK message: the content of MessageWithAttachments 3.0, whose attachments lie elsewhere.
///
/// A payload that came through ``PayloadReader`` keeps every rule; ``PayloadWriter`` refuses to write one that does
/// not.
public struct Payload: Hashable, Sendable {
  public var header: MessageHeader
  /// At least one.
  public var documents: [Document]

  public init(header: MessageHeader, documents: [Document]) {
    self.header = header
    self.documents = documents
  }

  /// All attachments in their order.
  public var files: [ContentFile] { documents.flatMap(\.files) }
}

/// Who sends what to whom (`messageHeader`).
public struct MessageHeader: Hashable, Sendable {
  /// When the message was made; written in UTC with milliseconds.
  public var created: Date
  /// Globally unique, and the ID of the envelope round the message.
  public var messageID: MessageID
  /// Shared by a message, its replies and its complements.
  public var conversationID: MessageID
  /// The message that this one answers or complements.
  public var refToMessageID: MessageID?
  /// The subject, at most 256 characters. Always sent, though other products may leave it out.
  public var label: String?
  /// The sender's assessment of secrecy (sekretess).
  public var confidentiality: Bool
  /// The product that made the message, as it calls itself.
  public var generatingSystem: InstanceIdentifier?
  public var recipient: Recipient
  public var sender: Sender

  public init(
    created: Date, messageID: MessageID, conversationID: MessageID, refToMessageID: MessageID? = nil, label: String?,
    confidentiality: Bool, generatingSystem: InstanceIdentifier? = nil, recipient: Recipient, sender: Sender
  ) {
    self.created = created
    self.messageID = messageID
    self.conversationID = conversationID
    self.refToMessageID = refToMessageID
    self.label = label
    self.confidentiality = confidentiality
    self.generatingSystem = generatingSystem
    self.recipient = recipient
    self.sender = sender
  }
}

/// An identifier with its code system (`IIType`). Roots are an open list.
public struct InstanceIdentifier: Hashable, Sendable, Codable {
  /// The code system.
  public var root: String
  /// The value within the code system.
  public var `extension`: String

  public init(root: String, extension: String) {
    self.root = root
    self.extension = `extension`
  }
}

/// The receiving organisation and its function.
public struct Recipient: Hashable, Sendable {
  public var id: ParticipantID
  /// The organisation's name, at most 256 characters.
  public var label: String?
  public var attention: Attention

  public init(id: ParticipantID, label: String? = nil, attention: Attention) {
    self.id = id
    self.label = label
    self.attention = attention
  }
}

/// The sending organisation and its function.
public struct Sender: Hashable, Sendable {
  public var id: ParticipantID
  /// The organisation's name, at most 256 characters.
  public var label: String?
  /// Always sent, though other products may leave it out.
  public var attention: Attention?

  public init(id: ParticipantID, label: String? = nil, attention: Attention?) {
    self.id = id
    self.label = label
    self.attention = attention
  }
}

/// Whom or what within an organisation a message concerns (`attention`).
public struct Attention: Hashable, Sendable {
  /// For information; messages are never addressed to persons.
  public var persons: [Person]
  /// The function.
  public var subOrganization: SubOrganization
  /// Registry numbers and the like.
  public var references: [Reference]

  public init(persons: [Person] = [], subOrganization: SubOrganization, references: [Reference] = []) {
    self.persons = persons
    self.subOrganization = subOrganization
    self.references = references
  }
}

/// A person (`person`).
public struct Person: Hashable, Sendable {
  public var id: InstanceIdentifier?
  /// At most 256 characters.
  public var label: String?

  public init(id: InstanceIdentifier? = nil, label: String? = nil) {
    self.id = id
    self.label = label
  }
}

/// The function, the only addressable unit below an organisation (`subOrganization`).
public struct SubOrganization: Hashable, Sendable {
  public var address: FunctionalAddress
  /// At most 256 characters.
  public var label: String?

  public init(address: FunctionalAddress, label: String? = nil) {
    self.address = address
    self.label = label
  }
}

/// A reference such as a registry number (diarienummer, root `dnr`) (`reference`).
public struct Reference: Hashable, Sendable {
  /// The extension has at most 256 characters.
  public var id: InstanceIdentifier
  /// At most 256 characters.
  public var label: String?

  public init(id: InstanceIdentifier, label: String? = nil) {
    self.id = id
    self.label = label
  }
}

/// A document: at least one file or text (`documents`).
public struct Document: Hashable, Sendable {
  public var id: String
  public var name: String?
  /// The place among the message's documents, in digits, 1 first. Required when there are several.
  public var index: String?
  public var files: [ContentFile]
  /// Texts in the Markdown subset of the specification.
  public var texts: [String]

  public init(id: String, name: String? = nil, index: String? = nil, files: [ContentFile] = [], texts: [String] = []) {
    self.id = id
    self.name = name
    self.index = index
    self.files = files
    self.texts = texts
  }
}

/// An attachment (`ContentFiles`), whose bytes lie in an ``AttachmentStore``.
public struct ContentFile: Hashable, Sendable {
  /// The sender's name for it. Never a path.
  public var fileName: String
  /// The media type.
  public var contentType: String
  public var content: ContentReference

  public init(fileName: String, contentType: String, content: ContentReference) {
    self.fileName = fileName
    self.contentType = contentType
    self.content = content
  }
}

/// Which attachment of the message, and what its bytes are.
public struct ContentReference: Hashable, Sendable {
  /// The attachment's place in the message, from 0: the number its ``AttachmentStore`` knows it by.
  public let number: Int
  /// In bytes.
  public let size: Int
  /// Of the decoded bytes.
  public let sha256: [UInt8]

  public init(number: Int, size: Int, sha256: [UInt8]) {
    self.number = number
    self.size = size
    self.sha256 = sha256
  }
}
