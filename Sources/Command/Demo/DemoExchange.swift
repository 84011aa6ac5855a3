import Foundation
import SDKRelay
import Testbed
import XMLSecurity

/// One message each way, followed on both nodes, then compared.
struct DemoExchange {
  let federation: TestFederation
  let show: DemoScreen

  func run() async throws -> [DemoMessage] {
    let (a, b) = (federation.nodeA, federation.nodeB)
    let relays = try federation.nodes.map { try Relay.open(NodeSettings(file: $0.settings)) }
    let first = try letter(
      from: a, to: b, subject: "Studieplan för bedömning", text: DemoTexts.municipality, pdf: CoursePlan.municipality(),
      name: "Studieplan.pdf")
    let sent = try await exchange(first, from: relays[0], to: relays[1])
    var second = try letter(
      from: b, to: a, subject: "Svar: studieplan för bedömning", text: DemoTexts.employmentOffice,
      pdf: CoursePlan.employmentOffice(), name: "Bedömning.pdf")
    second.replyTo = MessageID(sent.id)
    return [sent, try await exchange(second, from: relays[1], to: relays[0])]
  }

  private func letter(
    from sender: TestFederation.Node, to recipient: TestFederation.Node, subject: String, text: String,
    pdf: PDFDocument, name: String
  ) throws -> Draft {
    let file = federation.folder.appending(path: "outbox").appending(path: name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o700])
    try Data(pdf.bytes()).write(to: file)
    return Draft(
      from: try mailbox(of: sender), to: try mailbox(of: recipient), subject: subject, text: text,
      attachments: [Draft.Attachment(file, contentType: "application/pdf")], isConfidential: true,
      references: [Draft.Reference(root: "dnr", value: "EX-2026/0001")])
  }

  private func mailbox(of node: TestFederation.Node) throws -> Draft.Mailbox {
    Draft.Mailbox(
      try ParticipantID(node.organisation.id), try FunctionalAddress(node.organisation.mailboxes[0].address))
  }

  private func exchange(_ draft: Draft, from sender: Relay, to recipient: Relay) async throws -> DemoMessage {
    try show.step("\(draft.sender.participant.value) sends “\(draft.subject)” with \(draft.attachments[0].name)")
    let id = try await sender.submit(draft)
    let outcome = try await watch(id, sender: sender, recipient: recipient)
    guard outcome == .accepted else {
      throw CommandProblem.refused("the message ended as \(outcome.rawValue)")
    }
    return DemoMessage(
      id: id.value, status: outcome.rawValue, from: draft.sender.participant.value,
      to: draft.recipient.participant.value, file: draft.attachments[0].name,
      sha256: try compare(draft, with: id, at: recipient))
  }

  /// Prints every event on both nodes until the sender knows how it ended and the recipient has it ready.
  private func watch(_ id: MessageID, sender: Relay, recipient: Relay) async throws -> MessageStatus {
    let end = ContinuousClock.now + .seconds(60)
    var shown = [0, 0]
    while ContinuousClock.now < end {
      let found = try [sender, recipient].map { try $0.message(id).first }
      for (index, relay) in [sender, recipient].enumerated() {
        guard let message = found[index] else { continue }
        let events = try relay.events(of: message)
        for event in events.dropFirst(shown[index]) {
          try show.event(Self.name(message.participant), event.status?.rawValue ?? "", event.text)
        }
        shown[index] = events.count
      }
      if let status = found[0]?.status, status.isFinal, status != .accepted || found[1]?.status.isFinal == true {
        return status
      }
      try await Task.sleep(for: .milliseconds(25))
    }
    throw CommandProblem.refused("the message had not arrived after a minute")
  }

  /// Compares the attachment that arrived with the file that was sent; gives the SHA-256 of both.
  private func compare(_ draft: Draft, with id: MessageID, at recipient: Relay) throws -> String {
    guard let message = try recipient.message(id).first, let file = message.content.files.first else {
      throw CommandProblem.refused("the file did not arrive")
    }
    let sent = try sha256(draft.attachments[0].stored)
    let arrived = try sha256(recipient.attachment(file, of: message))
    try show.step("SHA-256 sent    \(sent)  \(draft.attachments[0].name)")
    try show.step("SHA-256 arrived \(arrived)  \(printable(file.name))")
    guard sent == arrived else {
      throw CommandProblem.refused("the file that arrived differs from the one that was sent")
    }
    guard message.content.texts == draft.documents.flatMap(\.texts) else {
      throw CommandProblem.refused("the text that arrived differs from the one that was sent")
    }
    return arrived
  }

  private func sha256(_ file: StoredFile) throws -> String {
    let digest = DigestSink(.sha256)
    try file.write(into: digest)
    try digest.close()
    return hexadecimal(digest.digest())
  }

  private static func name(_ participant: ParticipantID) -> String {
    participant.value.contains("komvux") ? "adult education" : "employment office"
  }
}

/// A message that has arrived as it was sent, as scripts see it.
struct DemoMessage: Encodable, Sendable {
  let id: String
  let status: String
  let from: String
  let to: String
  let file: String
  let sha256: String
}

/// The texts of the demo's messages.
enum DemoTexts {
  static let municipality = """
    # Studieplan för bedömning

    Hej!

    Här kommer en **individuell studieplan** för bedömning. Planen omfattar

    * svenska som andraspråk och vårdkurser under våren
    * medicin, psykiatri och gymnasiearbete under hösten

    Svara gärna till den här brevlådan *senast vecka 2*.
    """

  static let employmentOffice = """
    ## Svar

    Hej!

    Planen motsvarar behovet. Bedömningen är bifogad.

    1. Meddela ändrat startdatum så snart det är känt.
    2. Meddela avbrott senast veckan efter.
    """
}
