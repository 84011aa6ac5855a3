/// Why a change of users, clients or grants is refused.
public enum AccessProblem: Error, Hashable, Sendable, CustomStringConvertible {
  case exists(String)
  case unknown(String)
  case otherOrganisation
  case needsMailbox
  case notForClients
  case notForUsers
  case toOneself
  case endsBeforeItBegins
  case name
  case noScope
  case secretByOperator
  /// This node does not serve the organisation.
  case unknownOrganisation(String, known: [String])
  /// No agreement, or where there are none no directory, has the mailbox.
  case unknownMailbox(String, known: [String])
  /// What was to be ended has ended before.
  case hasEnded(String)
  /// Nobody would be left in the organisation to give grants.
  case lastAdministrator

  public var description: String {
    switch self {
    case .exists(let what): "\(what) is there already"
    case .unknown(let what): "\(what) is not known"
    case .otherOrganisation: "grants are given in one's own organisation only"
    case .needsMailbox: "this is granted in a named mailbox, not in a whole organisation"
    case .notForClients: "a technical client has no role: it acts for a mailbox, within its scopes"
    case .notForUsers: "a user has a role; acting for a mailbox is for technical clients"
    case .toOneself: "nobody gives a grant to themselves"
    case .endsBeforeItBegins: "a grant ends after it begins"
    case .name: "a name has 1 to 200 characters, no control characters and no identity number"
    case .noScope: "a client needs at least one scope"
    case .unknownOrganisation(let what, let known):
      "this node does not serve \(what): \(Self.listed(known, "it serves"))"
    case .unknownMailbox(let what, let known):
      "no agreement or directory has the mailbox \(what): \(Self.listed(known, "there are"))"
    case .hasEnded(let what): "\(what) has ended before"
    case .lastAdministrator:
      "this ends the organisation's last systemAdministrator: say so (--last, or last=true) to do it all the same"
    case .secretByOperator: "secrets are given at the command line, by whoever runs the node"
    }
  }

  private static func listed(_ known: [String], _ beginning: String) -> String {
    known.isEmpty ? "there are none" : "\(beginning) \(known.sorted().joined(separator: ", "))"
  }
}
