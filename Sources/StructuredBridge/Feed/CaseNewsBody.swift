import Foundation
import Mailbox
import SDKRelay

/// A piece of news as case systems get it, over the interface and by webhook; `docs/bridge.md` describes each field.
public struct CaseNewsBody: Encodable, Sendable {
  let number: Int64
  let time: Date
  let event: String
  let organisation: String
  let caseId: String
  let references: [Reference]
  let messageId: String
  let mailbox: String
  let direction: String
  let conversationId: String
  let detail: String?

  struct Reference: Encodable, Sendable {
    let kind: String
    let value: String
  }

  public init(_ news: CaseNews) {
    number = news.number
    time = news.time
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
    get throws {
      let encoder = JSONEncoder.stable()
      encoder.dateEncodingStrategy = .iso8601
      return Array(try encoder.encode(self))
    }
  }
}
