import Mailbox

/// What an office decides about a mailbox, as the interface describes it; read and written as ``MailboxSettings`` is.
enum SettingsView {
  static let settings = Schema.named("MailboxSettings") {
    .object(
      .optional("name", .text(from: 1, to: 100), "What colleagues see and notifications carry out of the house."),
      .optional(
        "notifications", .list(.text(from: 3, to: 500), to: 10), "E-mail and https addresses told of new messages."),
      .optional("notificationInterval", .integer(from: 1, to: 1_440), "Minutes between two; not there: the node's."),
      .optional("absence", absence), .optional("forwarding", forwarding),
      .optional("defaultHandler", .text(from: 1, to: 128), "The user who works at each message from its arrival on."),
      .optional("templates", .list(template, to: 50)),
      .optional(
        "allowsBreakingGlass", .flag,
        "Whether users with a role here may open, for a reason, what is about protected persons and not for them."))
  }

  static let configured = Schema.named("ConfiguredMailbox") {
    .object(
      .required("organisation", .organisation), .required("mailbox", .address),
      .required("version", .integer(), "Each change names the one it has seen."), .optional("changed", .time),
      .optional("changedBy", .text()), .required("settings", settings))
  }

  private static let absence = Schema.object(
    .required("text", .text(from: 1, to: 2_000), "For colleagues; never sent."), .required("from", .time),
    .required("until", .time))
  private static let forwarding = Schema.object(
    .required("to", .address, "Another mailbox of the organisation."), .required("from", .time),
    .optional("until", .time))
  private static let template = Schema.object(
    .required("name", .text(from: 1, to: 100)), .required("subject", .text(from: 1, to: 200)),
    .required("text", .text(from: 1, to: 20_000)))
}

/// New settings for a mailbox: all of them.
struct SettingsChange: Decodable {
  let version: Int
  let settings: MailboxSettings
  let reason: String?

  static let schema = Schema.object(
    .required("version", .integer(to: 1_000_000_000), "The version that you have seen."),
    .required("settings", SettingsView.settings, "All of them: what is left out is taken away."),
    .optional("reason", .text(from: 1, to: 500), "For the audit trail. Never content or personal data."))
}

struct MemberList: Encodable {
  let members: [MailboxMember]

  static let schema = Schema.object(
    .required(
      "members",
      .list(
        .object(
          .required("user", .text()), .required("name", .text()), .required("roles", .list(.text())),
          .required("protectedPersons", .flag, "Whether messages about protected persons are open to them.")))))
}
