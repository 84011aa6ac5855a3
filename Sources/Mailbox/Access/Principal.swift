public import SDKRelay

/// Who asks: whoever it is has been authenticated, and nothing has been decided yet.
public enum Principal: Hashable, Sendable {
  case user(UserID)
  case client(ClientSession)
  /// Whoever runs commands on the node, by the account there. Organisations' affairs, not their messages.
  case `operator`(String)
  /// The node itself, at what it does by the clock. It acts under rules, and asks for no access.
  case service

  /// What an operator may do in every organisation of the node.
  static let operatorPermissions: Set<Permission> = [
    .seeMailbox, .manageMembers, .administer, .readAudit, .export,
  ]

  /// The kind of principal, as stored.
  public var kind: String {
    switch self {
    case .user: "user"
    case .client: "client"
    case .operator: "operator"
    case .service: "service"
    }
  }

  /// Its name among its kind.
  public var name: String {
    switch self {
    case .user(let id): id.value
    case .client(let session): session.id.value
    case .operator(let account): account
    case .service: "sdkrelay"
    }
  }
}

/// A technical client with a valid token. What the token says narrows what the client has been granted, never more.
public struct ClientSession: Hashable, Sendable {
  public let id: ClientID
  public let scopes: Set<ClientScope>
  /// The functional addresses that the token names (`auth_id`); nil where it names none.
  public let addresses: Set<FunctionalAddress>?

  public init(_ id: ClientID, scopes: Set<ClientScope>, addresses: Set<FunctionalAddress>? = nil) {
    self.id = id
    self.scopes = scopes
    self.addresses = addresses
  }
}

/// A user's name in the service, in lower case. It stands in the audit trail, so it is never an identity number.
public struct UserID: Hashable, Sendable, CustomStringConvertible {
  public let value: String

  public init(_ text: String) throws(IdentifierProblem) {
    value = try accountName(text, kind: "user name")
  }

  public var description: String { value }
}

/// A technical client's name in the service (`client_id`), in lower case.
public struct ClientID: Hashable, Sendable, CustomStringConvertible {
  public let value: String

  public init(_ text: String) throws(IdentifierProblem) {
    value = try accountName(text, kind: "client name")
  }

  public var description: String { value }
}

private func accountName(_ text: String, kind: String) throws(IdentifierProblem) -> String {
  let isPlain = text.utf8.allSatisfy { byte in
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: ".-_@+".utf8.contains(byte)
    }
  }
  guard isPlain, (1...128).contains(text.utf8.count) else {
    throw IdentifierProblem(kind: kind, reason: "it has 1 to 128 characters of A–Z, 0–9 and . - _ @ +")
  }
  guard !IdentityNumbers.areIn(text) else {
    throw IdentifierProblem(kind: kind, reason: "it looks like a person's identity number")
  }
  return text.lowercased()
}
