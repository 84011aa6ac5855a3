import Mailbox
import SDKRelay

/// How the work at a message stands.
struct HandlingStateView: Encodable {
  let version: Int
  let handler: String?
  let done: String?
  let tags: [String]
  let protected: Bool

  init(_ state: HandlingState) {
    version = state.version
    handler = state.handler?.value
    done = state.done.map(APITime.text)
    tags = state.tags.sorted()
    protected = state.isProtected
  }

  static let schema = Schema.named("HandlingState") {
    .object(
      .required("version", .integer(), "Each step names the one it has seen."), .optional("handler", .text()),
      .optional("done", .time), .required("tags", .list(.text())), .required("protected", .flag))
  }
}

/// All that is known of the work at a message inside the organisation.
struct HandlingView: Encodable {
  let state: HandlingStateView
  let seen: [Sight]
  let notes: [Note]
  let history: [Past]

  struct Sight: Encodable {
    let user: String
    let time: String
  }

  struct Note: Encodable {
    let user: String
    let time: String
    let text: String
  }

  struct Past: Encodable {
    let user: String
    let time: String
    let step: String
    let object: String?
  }

  init(_ handling: Handling) {
    state = HandlingStateView(handling.state)
    seen = handling.seen.map { Sight(user: $0.user.value, time: APITime.text($0.time)) }
    notes = handling.notes.map { Note(user: $0.user.value, time: APITime.text($0.time), text: $0.text) }
    history = handling.history.map {
      Past(user: $0.user.value, time: APITime.text($0.time), step: $0.step, object: $0.object)
    }
  }

  static let schema = Schema.named("Handling") {
    .object(
      .required("state", HandlingStateView.schema),
      .required(
        "seen", .list(.object(.required("user", .text()), .required("time", .time))),
        "Who of this organisation has had it before them, and when first."),
      .required(
        "notes",
        .list(.object(.required("user", .text()), .required("time", .time), .required("text", .text()))),
        "Internal; never sent."),
      .required(
        "history",
        .list(
          .object(
            .required("user", .text()), .required("time", .time), .required("step", .text()),
            .optional("object", .text())))))
  }
}

/// A step at a message.
struct StepQuestion: Decodable {
  let step: String
  let version: Int
  let user: String?
  let tag: String?
  let reason: String?

  static let schema = Schema.object(
    .required(
      "step", .words(["claim", "release", "handOver", "done", "reopen", "tag", "untag", "protect", "unprotect"])),
    .required("version", .integer(to: 1_000_000_000), "The version that you have seen: 0 before the first step."),
    .optional("user", .text(from: 1, to: 128), "Whom to hand over to."),
    .optional("tag", .text(from: 1, to: 64), "For `tag` and `untag`."),
    .optional(
      "reason", .text(from: 1, to: 500), "For the audit trail; `unprotect` needs one. Never content or personal data."))

  func made() throws(Problem) -> HandlingStep {
    func only(_ allowed: String?...) throws(Problem) {
      for (name, value) in [("user", user), ("tag", tag)] where value != nil && !allowed.contains(name) {
        throw .wrong(name, "does not belong to this step")
      }
    }
    switch step {
    case "handOver":
      try only("user")
      guard let user else { throw .wrong("user", "is missing") }
      return .handOver(try Asked.user(user, "user"))
    case "tag", "untag":
      try only("tag")
      guard let tag else { throw .wrong("tag", "is missing") }
      return step == "tag" ? .tag(tag) : .untag(tag)
    default:
      try only()
      guard let step = Self.plain[step] else { throw .wrong("step", "is none of the words for it") }
      return step
    }
  }

  private static let plain: [String: HandlingStep] = [
    "claim": .claim, "release": .release, "done": .done, "reopen": .reopen, "protect": .protect,
    "unprotect": .unprotect,
  ]
}

struct NoteQuestion: Decodable {
  let text: String

  static let schema = Schema.object(.required("text", .text(from: 1, to: 10_000)))
}
