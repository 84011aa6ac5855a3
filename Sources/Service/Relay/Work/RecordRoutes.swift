import HTTPTypes
import Mailbox

extension RouteTable {
  var recordRoutes: [Route] {
    [
      Route(
        .post, "messages/{id}/hand-over", "handOver",
        "Say what a case system has of the message. Only if all of it is what the message holds it counts as handed over; "
          + "409 says what is not the same. Also after a client has taken it.",
        query: [Self.direction], body: HandOverQuestion.schema, answer: .json(HandOverView.schema),
        problems: [403, 409]
      ) { [mailbox] asked in
        let question = try asked.input(HandOverQuestion.self)
        let handOver = try await mailbox.handOver(
          try asked.id(), direction: asked.direction, receipt: question.receipt, by: asked.principal)
        return Self.answer(HandOverView(handOver))
      }
    ]
  }
}

/// What a case system says that it has.
struct HandOverQuestion: Decodable {
  let system: String
  var dnr: String?
  let content: String
  let files: [String]

  var receipt: HandOverReceipt { HandOverReceipt(system: system, dnr: dnr, content: content, files: files) }

  private static let sha256 = Schema.text(from: 64, to: 64, pattern: "^[0-9A-Fa-f]{64}$")
  static let schema = Schema.object(
    .required("system", .text(from: 1, to: 64), "The case system's name."),
    .optional("dnr", .text(from: 1, to: 64), "Its registration number there; an unregistered message gets it."),
    .required("content", sha256, "The SHA-256 of the readable content; docs/records.md says of which bytes."),
    .required("files", .list(sha256, to: 1_000), "The SHA-256 of each attachment, in the message's order."))
}

/// A message that a case system has, verified.
struct HandOverView: Encodable {
  let system: String
  let dnr: String?
  let time: String

  init(_ handOver: HandOver) {
    (system, dnr, time) = (handOver.system, handOver.dnr, APITime.text(handOver.time))
  }

  static let schema = Schema.object(
    .required("system", .text()), .optional("dnr", .text()), .required("time", .time))
}

extension HandOverProblem {
  var answer: Problem {
    switch self {
    case .system: .wrong("system", description)
    case .fileCount, .file, .content, .notFinal, .isCulled: .conflict(description)
    }
  }
}
