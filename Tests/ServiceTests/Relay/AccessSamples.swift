import Foundation

@testable import Mailbox
@testable import SDKRelay
@testable import Service

/// One request of each route that names a message, and what it takes to be let in.
struct RouteSample: Sendable {
  let permission: Permission
  /// Whether clients are let in nowhere.
  let isForUsers: Bool
  /// What clients need instead, whether the message has been taken or not.
  var clientPermission: Permission?
  /// Whether it is about the message's mailbox, whatever the message is.
  var isOfMailbox = false
  let path: @Sendable (StoredMessage) -> String
  /// JSON.
  var body: String?
  /// The statuses of whoever is let in.
  let granted: Set<Int>

  /// The samples of the routes with an `{id}`, by their operations. Steps name a version that is never right, so that
  /// they change nothing.
  static let all: [String: RouteSample] = [
    "openMessage": RouteSample(
      permission: .read, isForUsers: false, path: { "messages/\($0.id.value)" }, granted: [200]),
    "getAttachment": RouteSample(
      permission: .read, isForUsers: false, path: { "messages/\($0.id.value)/attachments/1" }, granted: [200]),
    "getReceipts": RouteSample(
      permission: .read, isForUsers: false, path: { "messages/\($0.id.value)/receipts" }, granted: [200]),
    // Nothing has been signed of messages that were put in by hand.
    "exportEvidence": RouteSample(
      permission: .export, isForUsers: true, path: { "messages/\($0.id.value)/evidence" }, granted: [409]),
    "openConversation": RouteSample(
      permission: .read, isForUsers: false,
      path: {
        "conversations/\($0.conversationID.value)?organisation=\($0.participant.value)"
          + "&mailbox=\($0.ownMailbox!.value)&counterparty=\($0.counterparty.id.value)"
      }, granted: [200]),
    "getMailboxSettings": RouteSample(
      permission: .seeMailbox, isForUsers: false, isOfMailbox: true, path: { "mailboxes/settings?\(place($0))" },
      granted: [200]),
    // No agreement and no directory has these mailboxes.
    "setMailboxSettings": RouteSample(
      permission: .configureMailbox, isForUsers: false, isOfMailbox: true,
      path: { "mailboxes/settings?\(place($0))" },
      body: #"{"version": 999, "settings": {"name": "Antagningen"}}"#, granted: [409]),
    "getHandling": RouteSample(
      permission: .read, isForUsers: true, path: { "messages/\($0.id.value)/handling" }, granted: [200]),
    "takeStep": RouteSample(
      permission: .handle, isForUsers: true, path: { "messages/\($0.id.value)/steps" },
      body: #"{"step": "done", "version": 999}"#, granted: [409]),
    // Clients need another permission for it, also at what they have taken.
    "handOver": RouteSample(
      permission: .register, isForUsers: false, clientPermission: .remove,
      path: { "messages/\($0.id.value)/hand-over" }, body: handedOver, granted: [409]),
    "getLink": RouteSample(
      permission: .list, isForUsers: false, path: { "messages/\($0.id.value)/link" }, granted: [200]),
    "confirmLink": RouteSample(
      permission: .handle, isForUsers: true, path: { "messages/\($0.id.value)/link" }, body: #"{"version": 999}"#,
      granted: [409]),
    "rejectLink": RouteSample(
      permission: .handle, isForUsers: true, path: { "messages/\($0.id.value)/link/reject" },
      body: #"{"version": 999}"#, granted: [409]),
    "undoLink": RouteSample(
      permission: .handle, isForUsers: true, path: { "messages/\($0.id.value)/link/undo" },
      body: #"{"version": 999, "reason": "fel"}"#, granted: [409]),
    "markSeen": RouteSample(
      permission: .read, isForUsers: true, path: { "messages/\($0.id.value)/seen" }, granted: [204]),
    "addNote": RouteSample(
      permission: .handle, isForUsers: true, path: { "messages/\($0.id.value)/notes" }, body: #"{"text": "En rad"}"#,
      granted: [204]),
  ]

  private static let handedOver =
    #"{"system": "Ärenden", "content": "\#(String(repeating: "0", count: 64))", "files": []}"#

  @Sendable private static func place(_ message: StoredMessage) -> String {
    "organisation=\(message.participant.value)&mailbox=\(message.ownMailbox!.value)"
  }

  /// Routes that name none, or are tested one by one in OfficeRouteTests: what they show is looked through as a whole.
  static let lists: Set<String> = [
    "getPrincipal", "listMailboxes", "listEvents", "streamEvents", "searchMessages", "listStatuses",
    "listConversations",
    "listMembers", "listConcealed", "openProtected", "listGrants", "giveGrant", "endGrant", "listCaseEvents",
    "listCaseMessages",
    "listLinks", "fillLetter", "adviseChannel",
    "tellFacts",
  ]
}
