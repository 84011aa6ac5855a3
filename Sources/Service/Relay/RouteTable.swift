import Hummingbird
import Logging
import Mailbox
import StructuredBridge

/// The routes of the node's own interface, and what they share.
struct RouteTable: Sendable {
  let bridge: Bridge
  let authority: TokenAuthority
  let pace: EventPace
  let logger: Logger
  /// Requests that wait for events, and event streams.
  let waits = Slots(total: 256, each: 8)
  /// Evidence that is being gathered and fetched.
  let exports = Slots(total: 4, each: 2)

  var mailbox: MailboxService { bridge.mailbox }
  var cursors: Cursors { authority.cursors }

  var routes: [Route] {
    mailboxRoutes + officeRoutes + grantRoutes + eventRoutes + messageRoutes + openingRoutes + conversationRoutes
      + handlingRoutes
      + recordRoutes + caseRoutes + linkRoutes + channelRoutes + factRoutes
  }

  static func answer(_ value: some Encodable) -> Response {
    var response = Response.json(value)
    response.headers[.xContentTypeOptions] = "nosniff"
    return response
  }

  static let done = Response(status: .noContent, headers: [.cacheControl: "no-store"])

  /// What the query's cursor stands for; nil without one.
  func position(_ text: String?, of list: Cursors.List, _ place: String) throws(Problem) -> Int64? {
    guard let text else { return nil }
    guard let number = cursors.open(text, of: list) else { throw .wrong(place, "is no cursor of this list") }
    return number
  }
}
