import HTTPTypes
import Mailbox

extension RouteTable {
  var handlingRoutes: [Route] {
    [
      Route(
        .get, "messages/{id}/handling", "getHandling", "How the work at the message stands, with notes and history.",
        query: [Self.direction], answer: .json(HandlingView.schema), problems: [403]
      ) { [mailbox] asked in
        let handling = try await mailbox.handling(
          of: try asked.id(), direction: asked.direction, by: asked.principal)
        return Self.answer(HandlingView(handling))
      },
      Route(
        .post, "messages/{id}/steps", "takeStep",
        "Take a step at the message. 409: somebody else was first, or the step does not go with how it stands.",
        query: [Self.direction], body: StepQuestion.schema, answer: .json(HandlingStateView.schema),
        problems: [403, 409]
      ) { [mailbox] asked in
        let question = try asked.input(StepQuestion.self)
        let state = try await mailbox.handle(
          try asked.id(), direction: asked.direction, try question.made(), version: question.version,
          by: asked.principal, reason: question.reason)
        return Self.answer(HandlingStateView(state))
      },
      Route(
        .post, "messages/{id}/seen", "markSeen",
        "The user has the message before them. Kept the first time, inside the organisation only.",
        query: [Self.direction], answer: .nothing, problems: [403]
      ) { [mailbox] asked in
        try await mailbox.see(try asked.id(), direction: asked.direction, by: asked.principal)
        return Self.done
      },
      Route(
        .post, "messages/{id}/notes", "addNote", "Add an internal note, which is never sent and never changed.",
        query: [Self.direction], body: NoteQuestion.schema, answer: .nothing, problems: [403]
      ) { [mailbox] asked in
        let note = try asked.input(NoteQuestion.self).text
        try await mailbox.note(note, on: try asked.id(), direction: asked.direction, by: asked.principal)
        return Self.done
      },
    ]
  }
}
