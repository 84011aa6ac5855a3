import Foundation
import Mailbox
import SDKRelay
import StructuredBridge
import Testbed

/// The demo's last act: the structured exchange tells of a referral, a message about it finds its case, what goes out about the
/// case leads back to it, and the structured result ends it.
struct DemoCase {
  let exchange: DemoExchange
  let office: DemoOffice
  let counterpart: DemoOffice
  private let dnr: CaseReference
  private let person: PersonIdentityNumber

  init(_ exchange: DemoExchange, office: DemoOffice, counterpart: DemoOffice) throws {
    (self.exchange, self.office, self.counterpart) = (exchange, office, counterpart)
    // Another one each time: a demo may run again in the same folder.
    let number = Int.random(in: 1_000...9_999)
    guard let dnr = CaseReference(.caseNumber, of: .counterpart, "Af-2026/0000 \(number)"),
      let person = try IdentityReading("19121212-1212", at: .now).person
    else { throw CommandProblem.couldNotRun("the demo's case cannot be made") }
    (self.dnr, self.person) = (dnr, person)
  }

  func run() async throws -> [DemoMessage] {
    let show = exchange.show
    let id = try await observe(.needOfEducation)
    try show.step("The structured exchange tells of a referral: the case \(id) with the case number \(dnr.value)")
    let referral = try exchange.file("Anvisning.pdf", CoursePlan.employmentOffice())
    let about = exchange.draft(
      from: counterpart, to: office.mailbox, subject: "Underlag till en anvisning", text: DemoTexts.employmentOffice,
      reference: dnr.value)
    let received = try await exchange.exchange(
      about, referral, id: counterpart.caseSystem.send(about, referral), from: counterpart, to: office)
    try await found(received, id)

    var question = CaseLetterQuestion(dnr.value, of: office.mailbox.participant)
    question.sender = office.mailbox.address
    let letter = try await office.bridge.letter(question, by: office.caseworker)
    let plan = try exchange.file("Studiebesked.pdf", CoursePlan.municipality())
    var answer = Draft(
      from: letter.sender, to: letter.recipient, subject: letter.subject, text: DemoTexts.municipality,
      isConfidential: true, references: letter.references)
    answer.documents[0].attachments = [Draft.Attachment(exchange.outbox(plan.name), contentType: "application/pdf")]
    try show.step(
      "A caseworker writes about the case: it fills in recipient, subject and a reference that leads back to it")
    let sent = try await exchange.exchange(
      answer, plan, id: office.service.submit(answer, by: office.caseworker), from: office, to: counterpart)
    try await found(sent, id)
    _ = try await observe(.result)
    try show.step("The structured result closes the case")
    return [received, sent]
  }

  /// Takes an event as another client of the structured interface would tell it, and what the population register says.
  private func observe(_ kind: EventKind) async throws -> CaseID {
    let event = ObservedEvent(
      tenant: office.mailbox.participant, counterparty: counterpart.mailbox.participant, person: person, kind: kind,
      occurred: .now, reference: UUID().uuidString, caseReferences: [dnr], source: .feed)
    let protection = Protection([], source: .populationRegister, checked: .now)
    let taken = try await office.bridge.take([
      .eventObserved(event),
      .protectionChanged(
        ProtectionObservation(tenant: office.mailbox.participant, person: person, protection: protection)),
    ])
    guard case .taken(let id?) = try taken[0].get() else {
      throw CommandProblem.refused("the structured event was not taken")
    }
    return id
  }

  private func found(_ message: DemoMessage, _ id: CaseID) async throws {
    let link = try await office.bridge.link(of: messageID(message.id), for: office.caseworker)
    guard link.state == .linked, link.cases.map(\.id) == [id] else {
      throw CommandProblem.refused("the message did not find its case: \(link.state.rawValue), \(link.reason)")
    }
    try exchange.show.step("The message found its case: step \(link.step), \(link.reason)")
  }
}
