/// The objects of the contract.
extension CoreShape {
  package static let course = CoreShape(
    name: "Kurs",
    fields: [
      .optional(CoreNames.Key.courseName, .text(to: 200)),
      .optional(CoreNames.Key.courseCode, .text(to: 50)),
      .optional(CoreNames.Key.schoolForm, .text(to: 50)),
      .optional(CoreNames.Key.start, .day),
      .optional(CoreNames.Key.end, .day),
      .optional(CoreNames.Key.extent, .integer(1...100)),
      .optional(CoreNames.Key.grade, .text(to: 10)),
      .optional(CoreNames.Key.reason, .text(to: 50)),
    ])

  /// One event, in either direction.
  package static let event = CoreShape(
    name: "Handelse",
    fields: [
      .required(CoreNames.Key.id, .text(to: 256)),
      .required(CoreNames.Key.organisation, .organisation),
      .required(CoreNames.Key.person, .person),
      .required(CoreNames.Key.kind, .words(EventKind.allCases.map(CoreNames.kind))),
      .required(CoreNames.Key.occurred, .time),
      .optional(CoreNames.Key.caseID, .text(to: 256)),
      .optional(CoreNames.Key.caseNumber, .text(to: 256)),
      .optional(CoreNames.Key.ownReference, .text(to: 256)),
      .optional(CoreNames.Key.numberChange, .flag),
      .optional(CoreNames.Key.course, .object(course)),
    ])

  package static let page = CoreShape(
    name: "Sida",
    fields: [
      .required(CoreNames.Key.events, .list(event, to: 1_000)),
      .required(CoreNames.Key.next, .text(to: 200)),
      .required(CoreNames.Key.more, .flag),
    ])

  package static let personEvents = CoreShape(
    name: "Handelser", fields: [.required(CoreNames.Key.events, .list(event, to: 1_000))])

  package static let personQuestion = CoreShape(
    name: "Personfraga",
    fields: [
      .required(CoreNames.Key.organisation, .organisation), .required(CoreNames.Key.person, .person),
    ])

  package static let establishment = CoreShape(
    name: "Etableringssvar",
    fields: [
      .required(CoreNames.Key.id, .text(to: 256)),
      .required(CoreNames.Key.organisation, .organisation),
      .required(CoreNames.Key.person, .person),
      .required(CoreNames.Key.participates, .flag),
      .required(CoreNames.Key.checked, .time),
    ])

  package static let receipt = CoreShape(
    name: "Kvittens",
    fields: [
      .required(CoreNames.Key.id, .text(to: 256)),
      .required(CoreNames.Key.received, .time),
      .optional(CoreNames.Key.caseID, .text(to: 256)),
    ])

  package static let ping = CoreShape(
    name: "Status",
    fields: [
      .required(CoreNames.Key.version, .text(to: 50)), .required(CoreNames.Key.time, .time),
    ])

  package static let all = [
    course, event, page, personEvents, personQuestion, establishment, receipt, ping,
  ]
}
