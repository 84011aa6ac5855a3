import Foundation
import SDKRelay
import Testbed
import Testing

@testable import Command

/// What `send` refuses before anything is stored, each by the option or the file that is wrong.
@Suite("03 Options of send")
struct SendOptionTests {
  private func send(_ arguments: [String], input: String? = nil) async throws -> CommandResult {
    let federation = try SharedFederation.make()
    let (own, other) = (federation.nodeA.organisation, federation.nodeB.organisation)
    return try await Sdkrelay.run(
      [
        "send", "--config", federation.nodeA.settings.path, "--from", own.mailboxes[0].address,
        "--to", "\(other.id)/\(other.mailboxes[0].address)",
      ] + arguments, input: input)
  }

  private static let text = ["--subject", "Ämne", "--text", "Hej"]

  @Test(
    "an option that no message can hold is named, and nothing else",
    arguments: [
      (["--subject", "", "--text", "Hej"], "--subject is empty"),
      (["--subject", " \n", "--text", "Hej"], "--subject is empty"),
      (["--subject", "Ämne", "--text", ""], "--text is empty"),
      (["--subject", "Ämne", "--text-file", "-"], "standard input is empty"),
      (["--subject", "a\u{7}", "--text", "Hej"], "--subject has a character that a message cannot carry: U+7"),
      (["--subject", "Ämne", "--text", "\u{1B}[31m"], "--text has a character that a message cannot carry: U+1B"),
      (["--subject", "Ämne", "--text", "a\u{FFFF}"], "--text has a character that a message cannot carry: U+FFFF"),
      (
        ["--subject", String(repeating: "å", count: 257), "--text", "Hej"],
        "--subject has 257 characters; at most 256 are allowed"
      ),
      (
        text + ["--reference", "dnr=" + String(repeating: "1", count: 257)],
        "the extension of a --reference has 257 characters; at most 256 are allowed"
      ),
      (
        text + ["--reference", "dnr=\u{1}"],
        "the extension of a --reference has a character that a message cannot carry: U+1"
      ),
    ])
  func options(_ arguments: [String], _ sentence: String) async throws {
    let result = try await send(arguments)
    #expect(result.complaint == "sdkrelay: \(sentence)\n")
    #expect(result.exitCode == 1)
  }

  @Test("a file that cannot be attached is named with the reason")
  func attachments() async throws {
    let folder = try TemporaryFolder()
    let empty = try folder.file("empty.pdf").path
    let pipe = folder.url.appending(path: "pipe.pdf").path
    try #require(mkfifo(pipe, 0o600) == 0)
    let bell = try folder.file("a\u{7}.pdf", "x").path
    let cases: [(String, String, Int32)] = [
      (empty, "\(empty) is empty", 1), (folder.url.path, "\(folder.url.path) is a folder", 2),
      (pipe, "\(pipe) is no regular file", 2), ("/dev/zero", "/dev/zero is no regular file", 2),
      ("/no/such.pdf", "/no/such.pdf does not exist", 2),
      (bell, "the name of \(folder.url.path)/a\\u{7}.pdf has a character that a message cannot carry: U+7", 1),
    ]
    for (path, sentence, code) in cases {
      let result = try await send(Self.text + ["--attach", path])
      #expect(result.complaint == "sdkrelay: \(sentence)\n")
      #expect(result.exitCode == code)
    }
  }

  @Test("too many attachments are called that, not too large")
  func tooMany() async throws {
    let folder = try TemporaryFolder()
    let file = try folder.file("a.pdf", "%PDF-1.4 \n").path
    let result = try await send(Self.text + Array(repeating: ["--attach", file], count: 257).joined())
    #expect(result.complaint == "sdkrelay: --attach is given 257 times; a message has at most 256 files\n")
    #expect(result.exitCode == 1)
  }

  @Test("2.3.1: a text longer than a message may be is refused before it is read to its end")
  func longText() async throws {
    let result = try await send(["--subject", "Ämne", "--text-file", "/dev/zero"])
    #expect(result.complaint == "sdkrelay: the message with its attachments is larger than 31457280 bytes\n")
    #expect(result.exitCode == 1)
  }

  @Test("a rule that only the whole message breaks is said with its place, and size is only the size rule")
  func wholeMessage() async throws {
    let federation = try SharedFederation.make()
    let relay = try Relay.open(NodeSettings(file: federation.nodeA.settings))
    let folder = try TemporaryFolder()
    let attachment = Draft.Attachment(try folder.file("a.pdf", "%PDF-1.4"), contentType: "application/pdf")
    let mailboxes = try federation.nodes.map {
      Draft.Mailbox(
        try ParticipantID($0.organisation.id), try FunctionalAddress($0.organisation.mailboxes[0].address))
    }
    let draft = Draft(
      from: mailboxes[0], to: mailboxes[1], subject: "Ämne", attachments: Array(repeating: attachment, count: 257))
    let problem = await #expect(throws: SubmissionProblem.self) { try await relay.submit(draft) }
    let sentence = CommandProblem(try #require(problem)).sentence
    #expect(sentence.hasPrefix("The message has too many attachments. (/ns:messagePayload/"), "\(sentence)")
  }
}
