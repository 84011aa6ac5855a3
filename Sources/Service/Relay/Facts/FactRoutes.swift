import Foundation
import HTTPTypes
import Hummingbird
import Mailbox
import SDKRelay
import StructuredBridge

extension RouteTable {
  var factRoutes: [Route] {
    [
      Route(
        .post, "facts", "tellFacts",
        """
        Tells what the structured exchange says of persons and cases, as another client of it has seen it. For technical \
        clients with the scope urn:sdkrelay:tellFacts, for their own organisation, and for users who administer it. The \
        header Idempotency-Key, 1 to 128 visible characters, is needed: the same batch under it is answered as before.
        """,
        body: .object(.required("facts", .list(FactSchema.fact, from: 1, to: FactFeed.largestBatch))),
        answer: .json(FactOutcomesView.schema), problems: [404, 409]
      ) { asked in Self.answer(try await tellFacts(asked)) }
    ]
  }

  private struct Input: Decodable {
    let facts: [JSONValue]
  }

  private func tellFacts(_ asked: Asked) async throws -> FactOutcomesView {
    guard let header = asked.headers[Self.idempotencyKey], let key = FactKey(header) else {
      throw Problem.wrong("Idempotency-Key", "must be a header of 1 to 128 visible characters and no person's number")
    }
    do {
      let items = try await FactFeed(bridge).take(asked.input(Input.self).facts, key: key, by: asked.principal)
      return FactOutcomesView(facts: items)
    } catch FactBatchProblem.documents(let problems) {
      throw Problem.badRequest(
        "MESSAGE_EXCHANGE_ERROR",
        issues: problems.map { problem in
          Problem.Issue(
            typeCode: "MESSAGE_EXCHANGE_ERROR", title: problem.reason, detail: "NA", in: problem.place)
        })
    } catch FactBatchProblem.size {
      throw Problem.wrong("facts", FactBatchProblem.size.description)
    } catch FactBatchProblem.otherBody {
      throw Problem.conflict(FactBatchProblem.otherBody.description)
    }
  }

  private static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
}

/// What became of a batch.
struct FactOutcomesView: Encodable {
  let facts: [FactFeed.Item]

  static let schema = Schema.object(
    .required(
      "facts",
      .list(
        .object(
          .required("result", .words(FactFeed.Item.Result.allCases.map(\.rawValue))),
          .optional(
            "reason", .words(FactProblem.allCases.map(\.rawValue)),
            "Why the register refuses it. Nothing of it is kept."))
      ), "In the order of the request."))
}

/// What a fact looks like. Which names belong to which kind `docs/bridge.md` says.
private enum FactSchema {
  static let reference = Schema.object(
    .required("kind", .words([CaseReference.Kind.caseNumber.rawValue, CaseReference.Kind.system.rawValue])),
    .required("owner", .words(CaseReference.Owner.allCases.map(\.rawValue))),
    .required("value", .text(from: 1, to: 256)))

  static let fact = Schema.named("Fact") {
    .object(
      .required("kind", .words(FactDocument.Kind.allCases.map(\.rawValue))),
      .optional("tenant", .organisation, "The organisation of this node. Only api.availability may lack it."),
      .optional("counterparty", .organisation),
      .optional("person", .text(from: 10, to: 40), "A personnummer or samordningsnummer with its century."),
      .optional("event", .words(EventKind.allCases.map(\.rawValue))),
      .optional("occurred", .time), .optional("checked", .time), .optional("observed", .time),
      .optional("reference", .text(from: 1, to: 256), "The event's own id with whoever tells it."),
      .optional("caseReferences", .list(reference, to: 20)),
      .optional("summary", .texts(names: 50, to: 500), "What is shown: codes, days, names of courses."),
      .optional("marks", .list(.words(ProtectionMark.allCases.map(\.rawValue)), to: 2)),
      .optional("former", .text(from: 10, to: 40)), .optional("current", .text(from: 10, to: 40)),
      .optional(
        "state",
        .words(
          [IdentifierChange.State.pending, .done, .withdrawn].map(\.rawValue)
            + ChannelQuestion.Interface.allCases.map(\.rawValue)), "Of a number's change, or of the interface."),
      .optional("case", reference))
  }
}
