import Foundation
import Mailbox
import SDKRelay
import Testbed
import XMLSecurity

/// One message each way, followed on both nodes, then compared: the municipality's case system writes through the MT–MK
/// interface, and a caseworker of the employment office answers. Then one each way about a case (``DemoCase``).
struct DemoExchange {
  let federation: TestFederation
  let show: DemoScreen

  func run() async throws -> [DemoMessage] {
    let (a, b) = (try await DemoOffice(federation.nodeA), try await DemoOffice(federation.nodeB))
    let first = draft(
      from: a, to: b.mailbox, subject: "Studieplan för bedömning", text: DemoTexts.municipality,
      reference: "EX-2026/0001")
    let plan = try file("Studieplan.pdf", CoursePlan.municipality())
    try await refused(first, plan, by: a)
    try show.step("The case system of \(a.mailbox.participant.value) sends “\(first.subject)” with \(plan.name)")
    let sent = try await exchange(first, plan, id: a.caseSystem.send(first, plan), from: a, to: b)

    let assessment = try file("Bedömning.pdf", CoursePlan.employmentOffice())
    var second = draft(
      from: b, to: a.mailbox, subject: "Svar: studieplan för bedömning", text: DemoTexts.employmentOffice,
      reference: "EX-2026/0002")
    second.documents[0].attachments = [Draft.Attachment(outbox(assessment.name), contentType: "application/pdf")]
    second.replyTo = MessageID(sent.id)
    try show.step("A caseworker of \(b.mailbox.participant.value) answers with \(assessment.name)")
    let answer = try await b.service.submit(second, by: b.caseworker)
    let answered = try await exchange(second, assessment, id: answer, from: b, to: a)
    return [sent, answered] + (try await DemoCase(self, office: a, counterpart: b).run())
  }

  // MARK: Writing

  func draft(
    from office: DemoOffice, to recipient: MailboxID, subject: String, text: String, reference: String
  ) -> Draft {
    Draft(
      from: Draft.Mailbox(office.mailbox.participant, office.mailbox.address),
      to: Draft.Mailbox(recipient.participant, recipient.address), subject: subject, text: text, isConfidential: true,
      references: [Draft.Reference(root: "dnr", value: reference)])
  }

  func outbox(_ name: String) -> URL { federation.folder.appending(path: "outbox").appending(path: name) }

  func file(_ name: String, _ pdf: PDFDocument) throws -> DemoCaseSystem.File {
    let bytes = Data(pdf.bytes())
    try DemoFiles.write(bytes, to: outbox(name))
    return DemoCaseSystem.File(name: name, bytes: bytes)
  }

  /// The same message to a mailbox that the agreements do not pair with the sender's.
  private func refused(_ draft: Draft, _ file: DemoCaseSystem.File, by office: DemoOffice) async throws {
    var astray = draft
    astray.recipient.address = try FunctionalAddress(federation.nodeB.organisation.mailboxes[1].address)
    do {
      _ = try await office.caseSystem.send(astray, file)
    } catch let problem as CommandProblem where problem.exitCode == CommandProblem.refusedCode {
      return try show.step("To a mailbox that was not agreed upon it is refused: \(problem.sentence)")
    }
    throw CommandProblem.refused("a message that no agreement allows was taken")
  }

  // MARK: Following

  func exchange(
    _ draft: Draft, _ file: DemoCaseSystem.File, id: MessageID, from sender: DemoOffice, to recipient: DemoOffice
  ) async throws -> DemoMessage {
    let outcome = try await watch(id, sender: sender.service.relay, recipient: recipient.service.relay)
    guard outcome == .accepted else {
      throw CommandProblem.refused("the message ended as \(outcome.rawValue)")
    }
    return DemoMessage(
      id: id.value, status: outcome.rawValue, from: draft.sender.participant.value,
      to: draft.recipient.participant.value, file: file.name,
      sha256: try await compare(draft, file, with: id, at: recipient.caseSystem))
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

  /// The recipient's case system fetches the message and takes it. Compares the attachment with the file that was sent.
  /// - Returns: the SHA-256 of both.
  private func compare(
    _ draft: Draft, _ file: DemoCaseSystem.File, with id: MessageID, at recipient: DemoCaseSystem
  ) async throws -> String {
    guard try await recipient.arrived().contains(id) else {
      throw CommandProblem.refused("the recipient's case system does not find the message")
    }
    let fetched = try await recipient.fetch(id)
    let (sent, arrived) = (Self.sha256(file.bytes), Self.sha256(fetched.file.bytes))
    try show.step("SHA-256 sent    \(sent)  \(file.name)")
    try show.step("SHA-256 arrived \(arrived)  \(printable(fetched.file.name))")
    guard sent == arrived else {
      throw CommandProblem.refused("the file that arrived differs from the one that was sent")
    }
    guard fetched.texts == draft.documents.flatMap(\.texts) else {
      throw CommandProblem.refused("the text that arrived differs from the one that was sent")
    }
    try await recipient.take(id)
    try show.step("The recipient's case system has fetched it and taken it")
    return arrived
  }

  private static func sha256(_ bytes: Data) -> String { Hexadecimal.encode(digest(.sha256, of: Array(bytes))) }

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
