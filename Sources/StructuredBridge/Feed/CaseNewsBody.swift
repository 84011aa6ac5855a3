public import Foundation
import Mailbox
import SDKRelay

/// A piece of news as case systems get it, over the interface and by webhook; `docs/bridge.md` describes each field.
public struct CaseNewsBody: Encodable, Sendable {
  public let id: String
  public let time: String
  public let event: String
  public let organisation: String
  public let caseId: String
  public let references: [Reference]
  public let messageId: String
  public let mailbox: String
  public let direction: String
  public let conversationId: String
  public let detail: String?

  public struct Reference: Encodable, Sendable {
    public let kind: String
    public let value: String
  }

  public init(_ news: CaseNews) {
    id = news.id.value
    time = news.time.ISO8601Format(.init(includingFractionalSeconds: true))
    event = news.kind.rawValue
    organisation = news.mailbox.participant.value
    caseId = news.caseID.value
    references = news.references.map { Reference(kind: $0.kind.rawValue, value: $0.value) }
    messageId = news.messageID.value
    mailbox = news.mailbox.address.value
    direction = news.direction.rawValue
    conversationId = news.conversationID.value
    detail = news.detail
  }

  var json: [UInt8] {
    get throws { Array(try JSONEncoder.stable().encode(self)) }
  }
}
