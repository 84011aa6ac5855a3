/// What may be done in the service, the unit of every check.
public enum Permission: String, Hashable, Sendable, CaseIterable {
  /// Know that the mailbox is there, its settings and how much lies in it; nothing of any message.
  case seeMailbox
  /// Have messages listed, by their headers.
  case list
  /// Open a message with its content, find it by its words, and fetch its attachments and signed proof.
  case read
  /// Send from the mailbox: draft, send, reply, supplement, forward.
  case send
  /// Work at a message: claim and hand over, notes, tags, done and reopened.
  case handle
  /// Register a message: diarienummer and the other register facts.
  case register
  /// Plan and approve what is culled (gallras).
  case cull
  /// Take messages out of the service: evidence bundles and archive packages.
  case export
  /// Take a message that was fetched off the MT–MK interface.
  case remove
  /// Change the mailbox's settings.
  case configureMailbox
  /// Give and end caseworkers' grants in the mailbox.
  case manageMembers
  /// Add users and technical clients of the organisation, and give and end any grant in it.
  case administer
  /// Search and verify the audit trail.
  case readAudit
  /// Set and lift a legal hold (rättsligt stopp): what it is on is not culled.
  case hold
  /// Tell the node what the structured exchange says of persons and cases.
  case tellFacts

  /// Whether it is about messages, so that a protected person's needs the grant ``Grant/Kind/protectedPersons`` too.
  public var isAboutMessages: Bool {
    switch self {
    case .list, .read, .send, .handle, .register, .cull, .export, .remove, .hold, .tellFacts: true
    case .seeMailbox, .configureMailbox, .manageMembers, .administer, .readAudit: false
    }
  }
}

/// What a user is in a mailbox, or in an organisation.
public enum Role: String, Hashable, Sendable, CaseIterable {
  /// Reads and answers (handläggare).
  case caseworker
  /// Answers for the mailbox and who works in it (brevlådeansvarig).
  case mailboxAdministrator
  /// Runs the service for the organisation (systemadministratör), and cannot read what is in it.
  case systemAdministrator
  /// Registers, exports and culls (registrator).
  case registrar
  /// Reads who did what, and nothing else (revisor, dataskyddsombud).
  case auditor

  /// What the role may do. What does not stand here is forbidden.
  public var permissions: Set<Permission> {
    switch self {
    case .caseworker: [.seeMailbox, .list, .read, .send, .handle, .register]
    case .mailboxAdministrator:
      [.seeMailbox, .list, .read, .send, .handle, .cull, .export, .configureMailbox, .manageMembers]
    case .systemAdministrator: [.seeMailbox, .configureMailbox, .administer]
    case .registrar: [.seeMailbox, .list, .read, .register, .cull, .export, .hold]
    case .auditor: [.seeMailbox, .readAudit]
    }
  }

  /// Whether it may be given in a whole organisation. Whoever sees messages sees those of named mailboxes only.
  public var isForOrganisations: Bool { self == .systemAdministrator || self == .auditor }
}

/// What a technical client may do, by the names of the published MT–MK interface, and of this node's own.
public enum ClientScope: String, Hashable, Sendable, CaseIterable {
  case sendMessages, getMessage, getMessageByFilter, deleteMessage
  /// The node's own: tell what the structured exchange says, for the client's own organisation.
  case tellFacts

  /// Reads `urn:sdk.api:NAME`, and `urn:sdkrelay:tellFacts`. One edition of the interface's description calls the first one
  /// `sendMessage`.
  public init?(urn: String) {
    if urn == Self.tellFacts.urn {
      self = .tellFacts
      return
    }
    guard urn.hasPrefix(Self.prefix) else { return nil }
    let name = String(urn.dropFirst(Self.prefix.count))
    self.init(rawValue: name == "sendMessage" ? "sendMessages" : name)
    if self == .tellFacts { return nil }
  }

  /// The scope as tokens carry it.
  public var urn: String { (self == .tellFacts ? Self.ownPrefix : Self.prefix) + rawValue }

  public var permission: Permission {
    switch self {
    case .sendMessages: .send
    case .getMessage: .read
    case .getMessageByFilter: .list
    case .deleteMessage: .remove
    case .tellFacts: .tellFacts
    }
  }

  private static let prefix = "urn:sdk.api:"
  private static let ownPrefix = "urn:sdkrelay:"
}
