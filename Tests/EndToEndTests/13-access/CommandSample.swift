import ArgumentParser
import Foundation

@testable import Command
@testable import Mailbox
@testable import SDKRelay

/// A command with what it needs and an example of its arguments.
struct CommandSample: Sendable {
  let type: any ParsableCommand.Type
  let permission: Permission
  /// Which messages it is tried on.
  var direction = MessageDirection.incoming
  /// Besides the message it names the mailbox.
  var namesMailbox = false
  /// Whoever may run it ends the object with it, or sends.
  var isLast = false
  /// Of an id, a mailbox, and a folder to write into; the user is added.
  let form: @Sendable (String, MailboxID, URL) -> [String]

  func arguments(_ id: String, _ mailbox: MailboxID, _ user: UserID, _ folder: URL) -> [String] {
    form(id, mailbox, folder) + ["--as", user.value]
  }

  private static func new(_ folder: URL) -> String { folder.appending(path: UUID().uuidString).path }
  private static let to = "0203:arbetsformedlingen.example.se/sdk:utbildning:0203:arbetsformedlingen.example.se"

  static let ofMessages: [CommandSample] = [
    .init(type: MessagesShow.self, permission: .read) { id, _, _ in [id, "--reason", "r"] },
    .init(type: MessagesSave.self, permission: .read) { id, _, folder in
      [id, "--out", new(folder), "--reason", "r"]
    },
    .init(type: MessagesSave.self, permission: .export) { id, _, folder in
      [id, "--evidence", new(folder), "--reason", "r"]
    },
    .init(type: MessagesReply.self, permission: .send) { id, _, _ in
      [id, "--text", "Svar", "--draft"]
    },
    .init(type: MessagesSupplement.self, permission: .send, direction: .outgoing) { id, _, _ in
      [id, "--text", "Mer", "--draft"]
    },
    .init(type: MessagesForward.self, permission: .send) { id, _, _ in
      [id, "--to", to, "--text", "Se", "--draft", "--reason", "r"]
    },
    .init(type: MessagesDone.self, permission: .handle) { id, _, _ in [id, "--reason", "r"] },
    .init(type: RegisterSet.self, permission: .register) { id, _, _ in [id, "--matter", "Kurs", "--reason", "r"] },
    .init(type: RegisterCullable.self, permission: .register) { id, _, _ in [id, "--rule", "ringa"] },
    .init(type: RegisterWithdraw.self, permission: .register) { id, _, _ in [id, "--reason", "r"] },
    .init(type: RegisterHandOver.self, permission: .register) { id, _, _ in [id, "--system", "s", "--content", "00"] },
    .init(type: ArchiveExport.self, permission: .export) { id, _, folder in
      [id, "--out", new(folder), "--reason", "r"]
    },
    .init(type: LinksConfirm.self, permission: .handle) { id, _, _ in [id] },
    .init(type: LinksReject.self, permission: .handle) { id, _, _ in [id] },
    .init(type: LinksUndo.self, permission: .handle) { id, _, _ in [id, "--reason", "fel"] },
    .init(type: HoldSet.self, permission: .hold, namesMailbox: true) { id, mailbox, _ in
      ["--mailbox", "\(mailbox)", "--message", id, "--reason", "tillsyn"]
    },
  ]

  static let ofDrafts: [CommandSample] = [
    .init(type: DraftShow.self, permission: .send) { id, _, _ in [id] },
    .init(type: DraftChange.self, permission: .send) { id, _, _ in [id, "--subject", "Nytt"] },
    .init(type: DraftAttach.self, permission: .send, isLast: true) { id, _, _ in [id, "/etc/hostname"] },
    .init(type: DraftSend.self, permission: .send, isLast: true) { id, _, _ in [id] },
    .init(type: DraftDiscard.self, permission: .send, isLast: true) { id, _, _ in [id] },
  ]

  static let ofMailboxes: [CommandSample] = [
    .init(type: MailboxShow.self, permission: .seeMailbox) { _, mailbox, _ in ["\(mailbox)"] },
    .init(type: MailboxSet.self, permission: .configureMailbox) { _, mailbox, _ in ["\(mailbox)", "--name", "Namn"] },
    .init(type: MailboxTemplate.self, permission: .configureMailbox, isLast: true) { _, mailbox, _ in
      ["\(mailbox)", "mall", "--remove"]
    },
    .init(type: Send.self, permission: .send, isLast: true) { _, mailbox, _ in
      ["--from", "\(mailbox)", "--to", to, "--subject", "Ärende", "--text", "Text"]
    },
    .init(type: DraftNew.self, permission: .send) { _, mailbox, _ in ["--from", "\(mailbox)", "--text", "Text"] },
  ]

  /// A command that lists, and the right by which a message comes into its list.
  struct List: Sendable {
    let type: any ParsableCommand.Type
    var permission = Permission.list
    var arguments: [String] = ["--json"]
    /// Whether every message that may be seen is in it.
    var listsMessages = false
    /// Whether those in the mailbox that are not for the user are in it too, with nothing of them.
    var showsConcealed = false
  }

  static let lists: [List] = [
    List(type: MessagesList.self, listsMessages: true, showsConcealed: true),
    List(type: MessagesList.self, arguments: [], showsConcealed: true),
    List(type: MessagesSearch.self, permission: .read, arguments: ["ärende", "--json"], listsMessages: true),
    List(type: MessagesFailed.self, arguments: ["--all"]), List(type: DraftList.self),
    List(type: RegisterList.self), List(type: RegisterList.self, arguments: ["--public"]),
    List(type: RegisterFigure.self), List(type: RetentionPlanCommand.self), List(type: RetentionList.self),
    List(type: HoldList.self), List(type: MailboxList.self), List(type: LinksList.self),
  ]

  enum Object: Hashable { case plan, hold }

  /// What has a number.
  struct Numbered: Sendable {
    let type: any ParsableCommand.Type
    let object: Object
    let form: @Sendable (String) -> [String]

    func arguments(_ number: String, _ user: UserID) -> [String] { form(number) + ["--as", user.value] }
  }

  static let ofNumbers: [Numbered] = [
    Numbered(type: RetentionList.self, object: .plan) { [$0] },
    Numbered(type: RetentionApprove.self, object: .plan) { [$0, "--digest", "000000000000"] },
    Numbered(type: RetentionRunCommand.self, object: .plan) { [$0] },
    Numbered(type: HoldLift.self, object: .hold) { [$0, "--reason", "r"] },
  ]

  /// About files and the node itself, or for its operator alone, who is tried apart.
  static let others: Set<String> = [
    "AgreementCheck", "AgreementDifference", "AgreementShow", "ArchiveVerify", "AsideDismiss", "AsideList",
    "AsideRelease",
    "AuditSearch", "AuditVerify", "Backup", "CasesList", "CasesLoad", "CasesMessages", "CasesShow", "ChannelAdvise",
    "CoreEstablishmentCommand", "CoreNeeds", "CorePing", "CoreTell", "FactsLoad",
    "PersonsAccess", "PersonsProtection", "TestbedCore", "TestbedNavet", "ClientAdd", "ClientList", "ClientRevoke",
    "ConfigCheck",
    "Demo", "EnvelopeInspect", "EnvelopeOpen", "EnvelopeVerify", "EvidenceExport", "EvidenceVerify", "Health",
    "IdentityCheck", "NewStorageKey", "NewTestFederation", "PayloadCheck", "Ping", "ReceiptCheck", "Restore",
    "RetentionLog", "RetentionRulesCommand", "Serve", "Status", "UserAdd", "UserGrant", "UserList", "UserRevoke",
    "UserSecret",
  ]
}
