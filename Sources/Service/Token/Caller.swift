import Foundation
import Mailbox

/// Whoever sent a valid token. What it may do is decided by ``Access`` each time.
struct Caller: Sendable {
  let principal: Principal
  /// The token's end.
  let expires: Date
}

/// The scope of a token that stands for a user: it counts for the node's own interface, and never for the MT–MK one.
enum UserScope {
  static let urn = "urn:sdkrelay:user"
}
