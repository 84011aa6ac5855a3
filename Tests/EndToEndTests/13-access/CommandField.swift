import ArgumentParser
import Foundation
import GRDB
import StructuredBridge
import Synchronization
import Testbed

@testable import Command
@testable import Mailbox
@testable import SDKRelay

/// A node with messages of every kind in several mailboxes, on which commands run within this process.
final class CommandField: Sendable {
  let bridge: Bridge
  var service: MailboxService { bridge.mailbox }
  let folder: TemporaryFolder
  static let day: TimeInterval = 86_400
  static let organisation = try! ParticipantID("0203:komvux.kommun.example.se")
  static let mailbox = place(organisation, "sdk:vux-antagning:0203:komvux.kommun.example.se")
  static let neighbour = place(organisation, "sdk:sfi:0203:komvux.kommun.example.se")
  static let elsewhere = place(try! ParticipantID("0203:annan.example.se"), "sdk:inkorg")

  /// What one command said.
  struct Outcome: Equatable, Sendable {
    var code: Int32
    var output: String
    var complaint: String

    var all: String { output + complaint }
  }

  struct Item: Sendable {
    let message: StoredMessage
    let mailbox: MailboxID
    /// A word that stands in its subject and nowhere else.
    let marker: String
    let isProtected: Bool
    var id: String { message.id.value }
  }

  init() throws {
    folder = try TemporaryFolder(inMemory: true)
    var settings = try NodeSettings(file: SharedFederation.make().nodeA.settings)
    settings.data = folder.url.appending(path: "data")
    bridge = try Bridge.open(settings, BridgeSettings(federation: settings.federation))
  }

  private static func place(_ participant: ParticipantID, _ address: String) -> MailboxID {
    MailboxID(participant, try! FunctionalAddress(address))
  }

  func run(_ type: any ParsableCommand.Type, _ arguments: [String]) async -> Outcome {
    let taken = Taken()
    var outcome = Outcome(code: 0, output: "", complaint: "")
    do {
      try await Output.$taken.withValue({ taken.add($0) }) {
        try await ConfigurationFile.$opened.withValue(bridge) {
          var command: any ParsableCommand = try type.parse(arguments)
          if var asynchronous = command as? any AsyncParsableCommand {
            try await asynchronous.run()
          } else {
            try command.run()
          }
        }
      }
    } catch let code as ExitCode {
      outcome.code = code.rawValue
    } catch {
      let problem = CommandProblem(error)
      (outcome.code, outcome.complaint) = (problem.exitCode, problem.sentence)
    }
    outcome.output = taken.text
    return outcome
  }

  private final class Taken: Sendable {
    private let lines = Mutex("")
    var text: String { lines.withLock { $0 } }
    func add(_ line: String) { lines.withLock { $0 += "\(line)\n" } }
  }

  @discardableResult
  func user(
    _ name: String, _ kinds: [Grant.Kind], in mailbox: MailboxID = mailbox, from start: Date = .now - day,
    until end: Date? = nil
  ) async throws -> UserID {
    let id = try UserID(name)
    try await service.relay.write { db in
      if try UserTable.fetch(id, in: db) == nil {
        try UserTable.add(
          User(id: id, name: "Namn", participant: mailbox.participant, created: .now - Self.day, ended: nil), in: db)
      }
      for kind in kinds {
        try GrantTable.add(
          NewGrant(
            holder: .user(id), kind: kind, participant: mailbox.participant, mailbox: mailbox.address, start: start,
            end: end), in: db)
      }
    }
    return id
  }

  func put(_ mailbox: MailboxID, _ direction: MessageDirection, isProtected: Bool) async throws -> Item {
    let marker = "zz\(UUID().uuidString.prefix(8).lowercased())"
    let own = MessageParty(id: mailbox.participant, label: nil, mailbox: mailbox.address, mailboxLabel: nil)
    let other = MessageParty(
      id: try ParticipantID("0203:arbetsformedlingen.example.se"), label: "Motpart \(marker)",
      mailbox: try FunctionalAddress("sdk:utbildning:0203:arbetsformedlingen.example.se"), mailboxLabel: nil)
    let content = StoredContent(
      subject: "Ärende \(marker)", isConfidential: false, references: [], returnedReferences: [],
      documents: [StoredContent.Document(id: "1", texts: ["Text \(marker)"], files: [])])
    let isIncoming = direction == .incoming
    let new = NewMessage(
      participant: mailbox.participant, direction: direction, id: MessageID(UUID().uuidString.lowercased())!,
      status: isIncoming ? .new : .accepted, created: .now, conversationID: MessageID(UUID().uuidString.lowercased())!,
      refToMessageID: nil, sender: isIncoming ? other : own, recipient: isIncoming ? own : other, content: content)
    let message = try await service.relay.write { db in
      let row = try MessageTable.insert(new, now: .now, event: "test", in: db)
      guard let message = try MessageTable.fetch(row, in: db) else { throw MessageProblem.notFound }
      try MessageRecordTable.insert(message, for: isProtected ? .protectedPersons : .mailbox, isByNode: false, in: db)
      return message
    }
    return Item(message: message, mailbox: mailbox, marker: marker, isProtected: isProtected)
  }
}
