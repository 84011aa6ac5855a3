import ArgumentParser
import Foundation
import Testing

@testable import Command
@testable import Mailbox
@testable import SDKRelay

/// W4: every command × every kind of object × every role × own, other and ended grants.
@Suite("13 Who sees what through the commands")
struct CommandAccessTests {
  typealias Item = CommandField.Item
  typealias Outcome = CommandField.Outcome

  /// Where the grant counts, and when.
  enum Given: CaseIterable { case none, own, ownProtected, ended, otherMailbox }

  @Test("W4 every command is among those that are tried here, or about no object of the service")
  func commands() {
    func leaves(_ type: any ParsableCommand.Type) -> [String] {
      let subcommands = type.configuration.subcommands
      return subcommands.isEmpty ? ["\(type)"] : subcommands.flatMap(leaves)
    }
    let tried =
      (CommandSample.ofMessages + CommandSample.ofDrafts + CommandSample.ofMailboxes).map { "\($0.type)" }
      + CommandSample.lists.map { "\($0.type)" } + CommandSample.ofNumbers.map { "\($0.type)" }
    #expect(Set(leaves(SDKRelayCommand.self)) == Set(tried).union(CommandSample.others))
    #expect(Set(tried).isDisjoint(with: CommandSample.others))
  }

  @Test("W4 nothing comes to whoever may not see it, and no answer tells that it is there", arguments: Role.allCases)
  func matrix(_ role: Role) async throws {
    let field = try CommandField()
    let items = try await items(field)
    let drafts = try await drafts(field, items)
    let users = try await users(role, field)
    var nothing: [Outcome] = []
    for given in Given.allCases {
      let answers = try await lists(field, users[given]!, role, given, items, drafts)
      if given == .none { nothing = answers }
      if given == .ended { #expect(answers == nothing, "\(role)") }
    }
    let missing = await nothings(field, users[.none]!)
    let numbers = try await numbers(field, items[0])
    // Whose grants these are is the question of the lists; here it is what the commands make of the answer.
    for given in [Given.own, .ownProtected, .ended, .otherMailbox] {
      let user = users[given]!
      // Where nothing is granted there, one message is as good as another.
      let isOwn = given == .own || given == .ownProtected
      let asked = isOwn ? Array(items.prefix(3)) : [items[1]]
      try await each(field, user, role, given, asked, nothing: missing)
      try await eachDraft(
        field, user, role, given, isOwn ? Array(zip(drafts, items)) : [(drafts[0], items[0])], nothing: missing)
      try await eachMailbox(field, user, role, given)
      for sample in CommandSample.ofNumbers where !sees(role, given, items[0], .seeMailbox) {
        let asked = await field.run(sample.type, sample.arguments("\(numbers[sample.object]!)", user))
        let nothing = await field.run(sample.type, sample.arguments("999999", user))
        #expect(asked.code == 1 && asked == nothing, "\(role) \(given) \(sample.type) \(asked)")
      }
    }
  }

  @Test("W4 the operator sees nothing of protected persons in any command, without a reason")
  func operators() async throws {
    let field = try CommandField()
    let (open, closed) = (
      try await field.put(CommandField.mailbox, .incoming, isProtected: false),
      try await field.put(CommandField.mailbox, .incoming, isProtected: true)
    )
    let folder = field.folder.url.path
    let list = await field.run(MessagesList.self, [])
    #expect(list.output.contains(open.marker) && list.output.contains(closed.id), "\(list)")
    #expect(!list.all.contains(closed.marker) && list.output.contains("Skyddad uppgift"))
    let commands: [(any ParsableCommand.Type, [String])] = [
      (MessagesShow.self, [closed.id]), (MessagesSave.self, [closed.id, "--out", "\(folder)/a"]),
      (MessagesSave.self, [closed.id, "--evidence", "\(folder)/b"]),
      (EvidenceExport.self, [closed.id, "--out", "\(folder)/c"]), (MessagesShow.self, [closed.id, "--reason", " "]),
    ]
    for (type, arguments) in commands {
      let refused = await field.run(type, arguments)
      #expect(refused.code == 1 && refused.output.isEmpty && !refused.all.contains(closed.marker), "\(type) \(refused)")
    }
    #expect(!FileManager.default.fileExists(atPath: "\(folder)/a"))
    let status = await field.run(Status.self, [closed.id])
    #expect(status.code == 0 && !status.all.contains(closed.marker))
    let shown = await field.run(MessagesShow.self, [closed.id, "--reason", "tillsyn"])
    #expect(shown.code == 0 && shown.output.contains(closed.marker))
  }

  // MARK: What there is

  /// Of the own mailbox first.
  private func items(_ field: CommandField) async throws -> [Item] {
    var items: [Item] = []
    for (direction, isProtected) in [
      (MessageDirection.incoming, false), (.incoming, true), (.outgoing, true), (.outgoing, false),
    ] { items.append(try await field.put(CommandField.mailbox, direction, isProtected: isProtected)) }
    for mailbox in [CommandField.neighbour, CommandField.elsewhere] {
      items.append(try await field.put(mailbox, .incoming, isProtected: false))
    }
    return items
  }

  /// One that answers nothing, and one that answers a protected person's message.
  private func drafts(_ field: CommandField, _ items: [Item]) async throws -> [MessageDraft] {
    let author = Principal.user(
      try await field.user("author", [.role(.caseworker), .protectedPersons], from: .now - CommandField.day))
    var content = DraftContent(texts: ["Utkast"])
    content.subject = "zzutkast"
    return [
      try await field.service.newDraft(content, in: CommandField.mailbox, to: [], by: author),
      try await field.service.newReply(to: items[1].message.id, content, by: author),
    ]
  }

  private func users(_ role: Role, _ field: CommandField) async throws -> [Given: UserID] {
    let kinds = [Grant.Kind.role(role), .protectedPersons]
    return [
      .own: try await field.user("own", [.role(role)]), .ownProtected: try await field.user("protected", kinds),
      .ended: try await field.user("ended", kinds, until: .now - 1),
      .otherMailbox: try await field.user("other", kinds, in: CommandField.neighbour),
      .none: try await field.user("none", []),
    ]
  }

  private func numbers(_ field: CommandField, _ item: Item) async throws -> [CommandSample.Object: Int64] {
    let registrar = try await field.user("registrar", [.role(.registrar)])
    let hold = try await field.service.hold(
      .message(item.message.id), in: item.mailbox, reason: "tillsyn", by: .user(registrar))
    let plan = try await field.service.relay.write { db in
      let row = PlannedRow(
        messageRow: item.message.row, rule: "ringa", ruleSha256: [0], decision: "D", kind: "K",
        keptUntil: "2020-01-01", messageSha256: [0])
      return try RetentionTable.insert(
        [row], for: item.mailbox.participant, by: registrar, lapses: .now + CommandField.day, at: .now, in: db)
    }
    return [.hold: hold.number, .plan: plan]
  }

  /// What the table of roles says, told once more.
  private func sees(_ role: Role, _ given: Given, _ item: Item, _ permission: Permission) -> Bool {
    let place: MailboxID? =
      switch given {
      case .own, .ownProtected: CommandField.mailbox
      case .otherMailbox: CommandField.neighbour
      case .ended, .none: nil
      }
    let isOpen = !item.isProtected || !permission.isAboutMessages || given != .own
    return place == item.mailbox && isOpen && role.permissions.contains(permission)
  }

  private func openOne(of item: Item) -> Item {
    Item(message: item.message, mailbox: item.mailbox, marker: item.marker, isProtected: false)
  }

  // MARK: What they say

  private func lists(
    _ field: CommandField, _ user: UserID, _ role: Role, _ given: Given, _ items: [Item], _ drafts: [MessageDraft]
  ) async throws -> [Outcome] {
    var answers: [Outcome] = []
    for sample in CommandSample.lists {
      let answer = await field.run(sample.type, sample.arguments + ["--as", user.value])
      let comment = Comment(rawValue: "\(role) \(given) \(sample.type) \(sample.arguments) \(answer)")
      let visible = items.filter { sees(role, given, $0, sample.permission) }
      let (seen, hidden) = (visible.map(\.id), items.filter { item in !visible.contains { $0.id == item.id } })
      let concealed = hidden.filter { sample.showsConcealed && sees(role, given, openOne(of: $0), sample.permission) }
      for item in hidden {
        let isThere = concealed.contains { $0.id == item.id }
        #expect(!answer.all.contains(item.marker) && answer.all.contains(item.id) == isThere, comment)
      }
      if sample.listsMessages { #expect(seen.allSatisfy(answer.output.contains), comment) }
      if sample.listsMessages, let found = try? JSONSerialization.jsonObject(with: Data(answer.output.utf8)) as? [Any] {
        #expect(found.count == seen.count + concealed.count, comment)
      }
      answers.append(answer)
      let mayDraft = role.permissions.contains(.send) && [.own, .ownProtected].contains(given)
      for (index, draft) in drafts.enumerated() where sample.type == DraftList.self {
        let isSeen = mayDraft && (index == 0 || given == .ownProtected)
        #expect(answer.output.contains(draft.id.value) == isSeen, comment)
      }
    }
    for item in [items[0], items[1], items[4]] {
      let found = await field.run(MessagesSearch.self, [item.marker, "--as", user.value, "--json"])
      #expect(found.output.contains(item.id) == sees(role, given, item, .read), "\(role) \(given) search")
    }
    return answers
  }

  /// What commands about messages and drafts say to somebody without grants of what is not there.
  private func nothings(_ field: CommandField, _ user: UserID) async -> [Outcome] {
    var outcomes: [Outcome] = []
    for sample in CommandSample.ofMessages + CommandSample.ofDrafts {
      let missing = UUID().uuidString.lowercased()
      outcomes.append(
        await field.run(sample.type, sample.arguments(missing, CommandField.mailbox, user, field.folder.url)))
    }
    return outcomes
  }

  private func each(
    _ field: CommandField, _ user: UserID, _ role: Role, _ given: Given, _ items: [Item],
    nothing: [Outcome]
  ) async throws {
    for (sample, nothing) in zip(CommandSample.ofMessages, nothing) {
      for item in items where sample.direction == item.message.direction {
        let (isKnown, isAllowed) = (sees(role, given, item, .list), sees(role, given, item, sample.permission))
        let answer = await field.run(sample.type, sample.arguments(item.id, item.mailbox, user, field.folder.url))
        let comment = Comment(
          rawValue: "\(role) \(given) \(sample.type) \(item.message.direction) \(item.isProtected) \(answer) \(nothing)"
        )
        if isAllowed {
          #expect(answer.code != 2 && answer != nothing, comment)
        } else {
          #expect(answer.code == 1 && answer.output.isEmpty && !answer.all.contains(item.marker), comment)
          // Whoever may do it in the mailbox to other messages is told that there is no such one.
          let mayElsewhere = sample.namesMailbox && sees(role, given, openOne(of: item), sample.permission)
          let expected = mayElsewhere ? "\(MessageProblem.notFound)" : nothing.complaint
          // That there is something that is not for them is no secret to whoever works in the mailbox.
          let isConcealed = item.isProtected && sees(role, given, openOne(of: item), .list)
          let isSaid = isConcealed && [MessagesShow.self, MessagesSave.self].contains { $0 == sample.type }
          if !isKnown && !isSaid { #expect(answer.complaint == expected, comment) }
        }
      }
    }
  }

  private func eachDraft(
    _ field: CommandField, _ user: UserID, _ role: Role, _ given: Given, _ drafts: [(MessageDraft, Item)],
    nothing: [Outcome]
  ) async throws {
    for (sample, nothing) in zip(CommandSample.ofDrafts, nothing.dropFirst(CommandSample.ofMessages.count)) {
      for (draft, item) in drafts {
        let isAllowed = sees(role, given, item, .send)
        if isAllowed, sample.isLast { continue }
        let answer = await field.run(
          sample.type, sample.arguments(draft.id.value, item.mailbox, user, field.folder.url))
        let comment = Comment(rawValue: "\(role) \(given) \(sample.type) \(answer)")
        guard !isAllowed else {
          #expect(answer.code == 0, comment)
          continue
        }
        #expect(answer.code == 1 && answer == nothing, comment)
      }
    }
  }

  private func eachMailbox(_ field: CommandField, _ user: UserID, _ role: Role, _ given: Given) async throws {
    let mailbox = CommandField.mailbox
    let nowhere = MailboxID(mailbox.participant, try FunctionalAddress("sdk:ingen"))
    let isOwn = [.own, .ownProtected].contains(given)
    for sample in CommandSample.ofMailboxes {
      let (isKnown, isAllowed) = (isOwn, isOwn && role.permissions.contains(sample.permission))
      if isAllowed, sample.isLast { continue }
      let answer = await field.run(sample.type, sample.arguments("", mailbox, user, field.folder.url))
      let comment = Comment(rawValue: "\(role) \(given) \(sample.type) \(answer)")
      if isAllowed {
        #expect(answer.code == 0, comment)
      } else {
        #expect(answer.code == 1 && answer.output.isEmpty, comment)
      }
      guard !isKnown else { continue }
      let nothing = await field.run(sample.type, sample.arguments("", nowhere, user, field.folder.url))
      #expect(answer == nothing, comment)
    }
  }
}
