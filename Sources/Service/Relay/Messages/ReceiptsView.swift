import Mailbox
import SDKRelay

/// What proves that a message and its message receipt went: the exchanges' times and ids, and what the receipt says.
struct ReceiptsView: Encodable {
  let proofs: [Proof]
  /// What the recipient's message receipt says; nil while none has come, and for a received message.
  let answer: Answer?

  struct Proof: Encodable {
    let document: String
    let kind: String
    let time: String
    let transportId: String
  }

  struct Answer: Encodable {
    let id: String
    let code: String
    let issued: String
    let reasons: [Reason]
  }

  struct Reason: Encodable {
    let place: String
    let cause: String
    let detail: String?
    let text: String
  }

  init(_ pieces: [Evidence], _ response: ApplicationResponse?) {
    proofs = pieces.map {
      Proof(
        document: $0.document.rawValue, kind: $0.kind.rawValue, time: APITime.text($0.time),
        transportId: $0.transportID)
    }
    answer = response.map { response in
      Answer(
        id: response.id, code: response.responseCode, issued: APITime.text(response.issued),
        reasons: response.lines.map {
          Reason(place: $0.lineID, cause: $0.causeCode, detail: $0.reasonCode, text: $0.reason)
        })
    }
  }

  static let schema = Schema.named("Receipts") {
    .object(
      .required("proofs", .list(proof), "The signed pieces that this node has; `evidence` gives them."),
      .optional("answer", answer, "What the recipient's message receipt says of a message that was sent."))
  }

  private static let proof = Schema.object(
    .required("document", .words(["message", "messageReceipt"])),
    .required("kind", .words(["userMessage", "envelope", "transportReceipt"])), .required("time", .time),
    .required("transportId", .text(), "The AS4 message's id."))
  private static let answer = Schema.object(
    .required("id", .text()), .required("code", .words(["ACCEPTED", "REJECTED"])), .required("issued", .time),
    .required(
      "reasons",
      .list(
        .object(
          .required("place", .text()), .required("cause", .text()), .optional("detail", .text()),
          .required("text", .text(), "The other side's words: show them as text only.")))))
}
