import Foundation
import Testing

/// What every command promises: one sentence on standard error and an exit code that says whose fault it is.
@Suite("03 Exit codes")
struct ExitCodeTests {
  @Test(
    "what cannot run ends with 2 and says why in one sentence",
    arguments: [
      ["payload", "check", "/no/such/file.xml"], ["receipt", "check", "/no/such/file.xml"],
      ["envelope", "verify", "--no-trust", "/no/such/file.xml"], ["envelope", "inspect", "/no/such/file.xml"],
      ["envelope", "open", "--trust", "/no/such/ca.pem", "/no/such/file.xml"],
      ["messages", "list", "--config", "/no/such/node.yaml"], ["serve", "--config", "/no/such/node.yaml"],
      ["status", "no-uuid", "--config", "/no/such/node.yaml"], ["config", "check", "--config", "/no/such/node.yaml"],
      ["payload", "check", "/"],
    ])
  func couldNotRun(_ arguments: [String]) async throws {
    let result = try await Sdkrelay.run(arguments)
    #expect(result.exitCode == 2)
    #expect(result.output.isEmpty)
    #expect(result.complaint.hasPrefix("sdkrelay: "))
    #expect(result.complaint.split(separator: "\n").count == 1)
  }

  @Test(
    "a wrong use ends with 2 and shows the right one",
    arguments: [
      ["nonsense"], ["payload", "check"], ["send", "--from", "a", "--to", "b", "--subject", "c"],
      ["envelope", "verify", "file.xml"], ["envelope", "verify", "--no-trust", "--trust", "ca.pem", "file.xml"],
      ["envelope", "open", "--key", "key.pem", "file.xml"], ["messages", "list", "--limit", "0"],
      ["envelope", "verify", "--no-trust", "--at", "yesterday", "file.xml"],
    ])
  func wrongUse(_ arguments: [String]) async throws {
    let result = try await Sdkrelay.run(arguments)
    #expect(result.exitCode == 2)
    #expect(result.output.isEmpty)
    #expect(result.complaint.contains("Usage: "))
  }

  @Test(
    "every command explains itself",
    arguments: [
      ["serve"], ["send"], ["messages"], ["messages", "list"], ["messages", "show"], ["messages", "save"], ["status"],
      ["payload", "check"], ["envelope", "verify"], ["envelope", "inspect"], ["envelope", "open"],
      ["receipt", "check"],
      ["ping"], ["config", "check"], ["keys", "new-test-federation"], ["demo"],
    ])
  func help(_ command: [String]) async throws {
    let result = try await Sdkrelay.run(command + ["--help"])
    #expect(result.exitCode == 0)
    #expect(result.output.hasPrefix("OVERVIEW: "))
    #expect(result.complaint.isEmpty)
  }

  @Test("what is not XML is refused, whatever it is", arguments: ["", "nonsense", "<a", "\u{0}", "<!DOCTYPE a><a/>"])
  func notXML(_ text: String) async throws {
    let folder = try TemporaryFolder()
    let file = try folder.file("file.xml", text).path
    let payload = try await Sdkrelay.run("payload", "check", file)
    #expect(payload.exitCode == 1)
    #expect(payload.lines.count == 1)
    #expect(payload.output.hasPrefix("SV"))
    #expect(try await Sdkrelay.run("receipt", "check", file).exitCode == 1)
    let envelope = try await Sdkrelay.run("envelope", "verify", "--no-trust", file)
    #expect(envelope.exitCode == 1)
    #expect(envelope.lines.last?.hasPrefix("invalid: ") == true)
  }
}
