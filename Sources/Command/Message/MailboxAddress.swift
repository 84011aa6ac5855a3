import SDKRelay

/// A message id given on the command line.
func messageID(_ text: String) throws -> MessageID {
  guard let id = MessageID(text) else {
    throw CommandProblem.couldNotRun("\(text) is no message id: it is a UUID")
  }
  return id
}

/// Statuses given on the command line.
func messageStatuses(_ words: [String]) throws -> Set<MessageStatus> {
  Set(
    try words.map { word in
      guard let status = MessageStatus(rawValue: word.uppercased()) else {
        let words = MessageStatus.allCases.map(\.rawValue).joined(separator: ", ")
        throw CommandProblem.couldNotRun("a status is one of \(words)")
      }
      return status
    })
}

/// Reads the mailboxes given on the command line.
enum MailboxAddress {
  /// `ORGANISATION/MAILBOX`.
  static func recipient(_ text: String) throws -> Draft.Mailbox {
    guard let slash = text.firstIndex(of: "/") else {
      throw CommandProblem.couldNotRun("a recipient is ORGANISATION/MAILBOX, such as 0203:kommun.example.se/sdk:inkorg")
    }
    return Draft.Mailbox(
      try ParticipantID(String(text[..<slash])), try FunctionalAddress(String(text[text.index(after: slash)...])))
  }

  /// `ORGANISATION/MAILBOX`, or a functional address that one of this node's organisations has.
  static func own(_ text: String, in relay: Relay) async throws -> Draft.Mailbox {
    if let slash = text.firstIndex(of: "/"), (try? ParticipantID(String(text[..<slash]))) != nil {
      return try recipient(text)
    }
    let address = try FunctionalAddress(text)
    for participant in relay.settings.participants.map(\.id) {
      let organisation = try await relay.directory.organization(participant)
      if organisation.mailbox(address) != nil { return Draft.Mailbox(participant, address) }
    }
    throw CommandProblem.refused("no organisation of this node has the mailbox \(text)")
  }
}
