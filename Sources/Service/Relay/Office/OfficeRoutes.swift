import HTTPTypes
import Mailbox
import SDKRelay

// What offices decide about their own mailboxes. Whoever may not know of a mailbox is answered as for one that is not
// there, and so is whoever may know of it and not do this.
extension RouteTable {
  private static let place: [Schema.Property] = [
    .required("organisation", .organisation), .required("mailbox", .address),
  ]

  var officeRoutes: [Route] {
    [
      Route(
        .get, "mailboxes/settings", "getMailboxSettings", "A mailbox's settings.", query: Self.place,
        answer: .json(SettingsView.configured), problems: [404]
      ) { [mailbox] asked in
        Self.answer(try mailbox.settings(of: try asked.mailbox(), for: asked.principal))
      },
      Route(
        .put, "mailboxes/settings", "setMailboxSettings",
        "Change a mailbox's settings, within what the agreements allow: for those who administer it.",
        query: Self.place, body: SettingsChange.schema, answer: .json(SettingsView.configured), problems: [404, 409]
      ) { [mailbox] asked in
        let (place, change) = (try asked.mailbox(), try asked.input(SettingsChange.self))
        let configured = try await mailbox.configure(
          place, version: change.version, by: asked.principal, reason: change.reason
        ) { $0 = change.settings }
        return Self.answer(configured)
      },
      Route(
        .get, "mailboxes/members", "listMembers", "Who works in a mailbox now: for its colleagues and administrators.",
        query: Self.place, answer: .json(MemberList.schema), problems: [404]
      ) { [mailbox] asked in
        Self.answer(MemberList(members: try mailbox.members(of: try asked.mailbox(), for: asked.principal)))
      },
    ]
  }
}

extension Asked {
  /// The mailbox that the query names.
  fileprivate func mailbox() throws(Problem) -> MailboxID {
    guard let mailbox = try Self.mailbox(text("organisation"), text("mailbox")) else {
      throw .wrong("mailbox", "is missing")
    }
    return mailbox
  }
}

extension MailboxProblem {
  var answer: Problem {
    switch self {
    case .unknown: .nothing
    case .notAgreed, .stale: .conflict(description)
    case .refused(let setting, let reason): .wrong("settings.\(setting.rawValue)", reason)
    }
  }
}
