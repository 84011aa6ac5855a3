import Foundation

/// A message as the MT–MK interface writes it (published description 1.0.0). Names are the interface's.
struct APIMessage: Codable {
  var type: String?
  var id: String?
  var attributes: Attributes

  struct Attributes: Codable {
    var messageStatus: String?
    var creationDateTime: String?
    var messageId: String?
    var conversationId: String?
    var refToMessageId: String?
    var confidentiality: Bool
    var generatingSystem: Identifier?
    var recipientAttention: Attention?
    var senderAttention: Attention?
    var sender: String
    var recipient: String
    var label: String
    var digitalDocument: [DigitalDocument]?
    var events: Events?
  }

  struct Identifier: Codable {
    var root: String?
    var `extension`: String?
    var label: String?
  }

  struct Attention: Codable {
    var subOrganization: Identifier
    var attentionPerson: [Identifier]?
    var referenceId: [Identifier]?
  }

  struct DigitalDocument: Codable {
    var documentId: String
    var documentName: String?
    var index: String?
    var contentTextBody: [String]?
    var contentFiles: [ContentFile]?
  }

  struct ContentFile: Codable {
    var fileName: String
    var contentType: String
    /// Base64.
    var content: String
  }

  /// What has happened to the message, newest first.
  struct Events: Codable {
    var type: String
    var title: String
    var detail: String
    var instance: String
    var eventIssues: [Event]
  }

  struct Event: Codable {
    var typeCode: String
    var title: String
    var detail: String
    var `in`: String
    var dateTime: String
  }
}

/// A request's body.
struct APICreation: Decodable {
  var data: APIMessage
}

/// An answer with one message, or with a list of them.
struct APIAnswer<Value: Encodable>: Encodable {
  struct Meta: Encodable { var version = "sdk api 1.0.0" }
  struct Links: Encodable {
    /// A name, and the next page of a list.
    var `self`: String
    var next: String?
  }

  var meta = Meta()
  var links: Links
  var data: Value
}

/// Times on the interface: ISO 8601 in UTC, to the millisecond.
enum APITime {
  static func text(_ date: Date) -> String {
    date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
  }

  /// Nil unless it is a time in UTC.
  static func date(_ text: String) -> Date? {
    guard text.hasSuffix("Z"), text.utf8.count <= 40 else { return nil }
    let style = Date.ISO8601FormatStyle()
    return (try? style.parse(text)) ?? (try? Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(text))
  }
}
