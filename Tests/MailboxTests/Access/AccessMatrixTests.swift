import Foundation
import GRDB
import Testing

@testable import Mailbox
@testable import SDKRelay

/// W4: every role × every permission × every kind of grant × protected or not.
@Suite struct AccessMatrixTests {
  /// One letter a permission, in the order of `Permission.allCases`; a dot is no.
  private static let expected: [Role: String] = [
    //                      seeMailbox list read send handle register cull export remove configure members administer audit hold facts
    .caseworker: /*          */ "y y y y y y . . . . . . . . .",
    .mailboxAdministrator: /**/ "y y y y y . y y . y y . . . .",
    .systemAdministrator: /* */ "y . . . . . . . . y . y . . .",
    .registrar: /*           */ "y y y . . y y y . . . . . y .",
    .auditor: /*             */ "y . . . . . . . . . . . y . .",
  ]
  private static let order: [Permission] = [
    .seeMailbox, .list, .read, .send, .handle, .register, .cull, .export, .remove, .configureMailbox, .manageMembers,
    .administer, .readAudit, .hold, .tellFacts,
  ]
  private static let aboutMessages: Set<Permission> = [
    .list, .read, .send, .handle, .register, .cull, .export, .remove, .hold, .tellFacts,
  ]

  /// When the grant counts, against now.
  enum Period: CaseIterable {
    case active, endless, ended, endsNow, notYet, beginsNow

    var bounds: (start: Date, end: Date?) {
      let (now, day) = (AccessKit.now, AccessKit.day)
      return switch self {
      case .active: (now - day, now + day)
      case .endless: (now - day, nil)
      case .ended: (now - 2 * day, now - day)
      case .endsNow: (now - day, now)
      case .notYet: (now + day, nil)
      case .beginsNow: (now, now + day)
      }
    }

    var counts: Bool { self == .active || self == .endless || self == .beginsNow }
  }

  @Test("W4 the table of roles is the one written here") func table() {
    #expect(Self.order == Permission.allCases)
    #expect(Self.expected.count == Role.allCases.count)
    for role in Role.allCases {
      #expect(role.permissions == Self.allowed(role), "\(role)")
    }
  }

  @Test("W4 every role, permission and grant", arguments: Role.allCases, Period.allCases)
  func matrix(_ role: Role, _ period: Period) throws {
    for extra in [nil] + Period.allCases {
      let kit = try AccessKit()
      try kit.addUser()
      let (start, end) = period.bounds
      try kit.grant(.role(role), from: start, until: end)
      if let extra { try kit.grant(.protectedPersons, from: extra.bounds.start, until: extra.bounds.end) }
      for permission in Permission.allCases {
        for isProtected in [false, true] {
          let isCovered = !isProtected || !Self.aboutMessages.contains(permission) || extra?.counts ?? false
          let expected = period.counts && Self.allowed(role).contains(permission) && isCovered
          try expect(kit, permission, AccessKit.mailbox, isProtected, expected, "\(role) \(period) \(extra as Any)")
          try expect(kit, permission, AccessKit.neighbour, isProtected, false, "another mailbox, \(role)")
          let elsewhere = MailboxID(AccessKit.stranger, AccessKit.mailbox.address)
          try expect(kit, permission, elsewhere, isProtected, false, "another organisation, \(role)")
        }
      }
    }
  }

  @Test("W4 a grant in the whole organisation reaches its every mailbox and no other's", arguments: Role.allCases)
  func organisation(_ role: Role) throws {
    let kit = try AccessKit()
    try kit.addUser()
    guard role.isForOrganisations else {
      // The database refuses it, too: whoever sees messages sees those of named mailboxes.
      #expect(throws: DatabaseError.self) { try kit.grant(.role(role), in: nil) }
      return
    }
    try kit.grant(.role(role), in: nil)
    for permission in Permission.allCases {
      let expected = Self.allowed(role).contains(permission)
      try expect(kit, permission, AccessKit.mailbox, false, expected, "\(role)")
      try expect(kit, permission, AccessKit.neighbour, false, expected, "\(role)")
      let elsewhere = MailboxID(AccessKit.stranger, AccessKit.mailbox.address)
      try expect(kit, permission, elsewhere, false, false, "\(role)")
    }
  }

  private static func allowed(_ role: Role) -> Set<Permission> {
    let letters = (expected[role] ?? "").split(separator: " ")
    return Set(zip(order, letters).filter { $1 == "y" }.map(\.0))
  }

  /// The check, the filter of a list and the reach say the same.
  private func expect(
    _ kit: AccessKit, _ permission: Permission, _ mailbox: MailboxID, _ isProtected: Bool, _ expected: Bool,
    _ comment: String
  ) throws {
    let principal = Principal.user(AccessKit.user)
    let comment = Comment(rawValue: "\(comment): \(permission), protected \(isProtected)")
    try kit.database.read { db in
      var allowed = true
      do {
        try Access.check(
          principal, permission, mailbox, for: isProtected ? .protectedPersons : .mailbox, at: AccessKit.now, in: db)
      } catch is AccessDenied {
        allowed = false
      }
      #expect(allowed == expected, comment)
      let reach = try Access.reach(of: principal, permission, at: AccessKit.now, in: db)
      let isReached = reach.mailboxes.contains(mailbox) || reach.organisations.contains(mailbox.participant)
      if !isProtected { #expect(isReached == expected, comment) }
      if !isReached { #expect(!expected, comment) }
    }
  }
}
