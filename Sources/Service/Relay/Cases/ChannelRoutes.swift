import Foundation
import HTTPTypes
import Mailbox
import SDKRelay
import StructuredBridge

extension RouteTable {
  var channelRoutes: [Route] {
    [
      Route(
        .post, "channel", "adviseChannel",
        """
        Which channel information belongs in now, by the agreement's rules R1 to R5: for whoever is writing.
        """,
        body: ChannelQuestionBody.schema, answer: .json(ChannelAnswer.schema), problems: [404]
      ) { asked in Self.answer(try await channel(asked)) }
    ]
  }

  private func channel(_ asked: Asked) async throws -> ChannelAnswer {
    let question = try asked.input(ChannelQuestionBody.self)
    guard let kind = InformationKind(rawValue: question.kind) else {
      throw Problem.wrong("kind", "is none of the words for it")
    }
    let place = MailboxID(
      try Asked.organisation(question.organisation, "organisation"), try Asked.address(question.mailbox, "mailbox"))
    let recipient = Draft.Mailbox(
      try Asked.organisation(question.recipientOrganisation, "recipientOrganisation"),
      try Asked.address(question.recipient, "recipient"))
    let principal = asked.principal
    try mailbox.relay.read { try Access.check(principal, .seeMailbox, place, at: .now, in: $0) }
    return ChannelAnswer(
      try await bridge.advice(about: kind, hasDocument: question.document, from: place, to: recipient))
  }
}

private struct ChannelQuestionBody: Decodable {
  let organisation: String
  let mailbox: String
  let recipientOrganisation: String
  let recipient: String
  let kind: String
  let document: Bool

  static let schema = Schema.object(
    .required("organisation", .organisation), .required("mailbox", .address, "Where it would come from."),
    .required("recipientOrganisation", .organisation), .required("recipient", .address),
    .required("kind", .words(InformationKind.allCases.map(\.rawValue)), "What it is about."),
    .required("document", .flag, "Whether there is a document besides."))
}

private struct ChannelAnswer: Encodable {
  struct Way: Encodable {
    let rule: String
    let channel: String
    let reason: String

    init(_ way: ChannelAdvice.Way) {
      (rule, channel, reason) = (way.rule.rawValue, way.channel.rawValue, way.reason.rawValue)
    }

    static let schema = Schema.object(
      .required("rule", .text(), "R1 to R4, or `notLive`."),
      .required("channel", .words(["sdk", "api", "webPortal", "ordinaryCooperation"])),
      .required("reason", .text(), "A code."))
  }

  let rule: String
  let event: Way?
  let document: Way?
  let linkFirst: Bool

  init(_ advice: ChannelAdvice) {
    (rule, linkFirst) = (advice.rule.rawValue, advice.isLinkedFirst)
    (event, document) = (advice.event.map(Way.init), advice.document.map(Way.init))
  }

  static let schema = Schema.object(
    .required("rule", .text()), .optional("event", Way.schema, "The way of the structured event."),
    .optional("document", Way.schema, "The way of the text or document."),
    .required("linkFirst", .flag, "Whether both have to be linked to the same case first (R5)."))
}
