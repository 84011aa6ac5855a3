import Foundation
import Mailbox
import SDKRelay

/// The query of a list: `filter[NAME]=VALUE`, all of which must hold (SDK-API-03). Besides the published names, `page[size]`
/// and `page[after]` go through long lists.
enum APIFilter {
  static let largestPage = 500

  static func query(_ fields: [(name: String, value: String)]) throws(Problem) -> MessageQuery {
    var query = MessageQuery()
    var statuses: Set<MessageStatus>?
    for (key, text) in fields {
      switch key.lowercased() {
      case "filter[messagestatus]": statuses = (statuses ?? []).union(try Self.statuses(text))
      case "filter[senderattention.suborganization.extension]": query.sender = try address(text, key)
      case "filter[recipientattention.suborganization.extension]": query.recipient = try address(text, key)
      case "filter[creationdatetimestart]": query.createdFrom = try time(text, key)
      case "filter[creationdatetimestop]": query.createdTo = try time(text, key)
      case "page[size]":
        guard let size = Int(text), (1...largestPage).contains(size) else {
          throw .wrong("page[size]", "must be a number from 1 to \(largestPage)")
        }
        query.limit = size
      case "page[after]":
        guard let after = Int64(text), after >= 0 else { throw .wrong("page[after]", "is no page's end") }
        query.after = after
      default: throw .wrong("filter", "an unknown filter; see the interface's description")
      }
    }
    query.statuses = statuses ?? []
    if statuses?.isEmpty == true { query.limit = 0 }
    return query
  }

  /// One status or several, a comma between two.
  private static func statuses(_ text: String) throws(Problem) -> Set<MessageStatus> {
    var statuses: Set<MessageStatus> = []
    for word in text.split(separator: ",", omittingEmptySubsequences: false) {
      // The federation's list has it; a message here is never in it.
      if word == "ERROR" { continue }
      guard let status = MessageStatus(rawValue: String(word)) else {
        throw .wrong("filter[messageStatus]", "is no status of the federation's list")
      }
      // Clients are shown a rejected message as one whose exchange failed.
      if status == .messageExchangeError { statuses.insert(.rejected) }
      statuses.insert(status)
    }
    return statuses
  }

  private static func address(_ text: String, _ key: String) throws(Problem) -> FunctionalAddress {
    guard let address = try? FunctionalAddress(text) else { throw .wrong(key, "is no functional address") }
    return address
  }

  private static func time(_ text: String, _ key: String) throws(Problem) -> Date {
    guard let date = APITime.date(text) else {
      throw .wrong(key, "must be a time in UTC, such as 2026-03-01T08:00:00Z")
    }
    return date
  }
}
