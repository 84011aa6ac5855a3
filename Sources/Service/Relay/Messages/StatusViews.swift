import Mailbox
import SDKRelay

/// Which messages' statuses are asked for.
struct StatusQuestion: Decodable {
  let ids: [String]

  static let schema = Schema.object(.required("ids", .list(.id, from: 1, to: 1_000)))
}

/// Where each message stands. What is not there, or not for whoever asks, has no copies.
struct StatusAnswer: Encodable {
  let messages: [Item]

  struct Item: Encodable {
    let id: String
    let copies: [Copy]
  }

  struct Copy: Encodable {
    let organisation: String
    let mailbox: String
    let direction: String
    let status: String
    let stored: String
  }

  /// - Parameter ids: as they were asked for, in whatever case.
  init(_ ids: [MessageID], _ standings: [MessageStanding]) {
    let known = Dictionary(grouping: standings, by: \.id)
    messages = ids.map { id in
      Item(
        id: id.value,
        copies: (known[id] ?? []).map {
          Copy(
            organisation: $0.mailbox.participant.value, mailbox: $0.mailbox.address.value,
            direction: $0.direction.rawValue, status: $0.status.rawValue, stored: APITime.text($0.stored))
        })
    }
  }

  static let schema = Schema.object(
    .required(
      "messages",
      .list(
        .object(
          .required("id", .id),
          .required("copies", .list(copy), "None where there is no such message, or none for you.")))))
  private static let copy = Schema.object(
    .required("organisation", .organisation), .required("mailbox", .address),
    .required("direction", MessageHead.direction), .required("status", MessageHead.status), .required("stored", .time))
}
