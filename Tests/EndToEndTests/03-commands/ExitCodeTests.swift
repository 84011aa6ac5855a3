import Foundation
import SDKRelay
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
      ["payload", "check", "/"], ["payload", "check", "/dev/zero"], ["receipt", "check", "/dev/zero"],
      ["envelope", "inspect", "/dev/zero"], ["envelope", "verify", "--no-trust", "/"],
      // Opens, and cannot be read from its start to its end.
      ["envelope", "verify", "--no-trust", "/proc/self/mem"], ["envelope", "inspect", "/proc/self/mem"],
      ["envelope", "open", "--trust", "/dev/zero", "/no/such/file.xml"],
      ["keys", "new-test-federation", "/dev/null"], ["keys", "new-test-federation", "/proc/nowhere"],
    ])
  func couldNotRun(_ arguments: [String]) async throws {
    let result = try await Sdkrelay.run(arguments)
    #expect(result.exitCode == 2)
    #expect(result.output.isEmpty)
    #expect(result.complaint.hasPrefix("sdkrelay: "))
    #expect(result.complaint.split(separator: "\n").count == 1)
    // Scripts find the same sentence in the place of a result.
    guard arguments.first != "serve" else { return }
    let json = try await Sdkrelay.run(arguments + ["--json"])
    #expect("sdkrelay: \(try json.json()["error"] as? String ?? "")\n" == result.complaint)
    #expect(json.exitCode == 2)
  }

  @Test(
    "what cannot be read is named with the reason",
    arguments: [
      (["payload", "check", "/"], "/ is a folder"),
      (["payload", "check", "/dev/zero"], "/dev/zero is no regular file"),
      (["payload", "check", "/no/such.xml"], "/no/such.xml does not exist"),
      (["config", "check", "--config", "/"], "/ is a folder: give the node's settings file with --config"),
      (["messages", "list"], "node.yaml does not exist: give the node's settings file with --config"),
      (["envelope", "open", "--trust", "/dev/zero", "x"], "/dev/zero is larger than 1048576 bytes"),
      (["keys", "new-test-federation", "/dev/null"], "/dev/null is no folder"),
    ])
  func reasons(_ arguments: [String], _ reason: String) async throws {
    #expect(try await Sdkrelay.run(arguments).complaint == "sdkrelay: \(reason)\n")
  }

  @Test("a result that cannot be written ends with 2", arguments: [[], ["--json"]])
  func fullDisk(_ form: [String]) async throws {
    let folder = try TemporaryFolder()
    let file = try folder.file("file.xml", "<a/>").path
    let commands = [
      ["payload", "check", file], ["receipt", "check", file], ["envelope", "verify", "--no-trust", file],
      ["envelope", "inspect", file], ["--help"],
    ]
    for command in commands {
      let result = try await Sdkrelay.run(command + form, outputTo: "/dev/full")
      #expect(result.exitCode == 2, "\(command)")
      #expect(result.complaint == "sdkrelay: the result cannot be written: No space left on device\n")
    }
  }

  @Test("W10: no result and no complaint holds a character that a terminal obeys")
  func harmfulNames() async throws {
    let folder = try TemporaryFolder()
    let name = "a\u{9b}31m\u{202e}b\u{7f}.xml"
    let file = try folder.file(name, "<a/>").path
    for arguments in [["payload", "check", file], ["payload", "check", "\(file)-nowhere"], ["nonsense\u{9b}"]] {
      for form in [[], ["--json"]] {
        let result = try await Sdkrelay.run(arguments + form)
        let harmful = (result.output + result.complaint).unicodeScalars.filter {
          $0.properties.generalCategory == .control && $0 != "\n" || $0.properties.isBidiControl
        }
        #expect(harmful.isEmpty, "\(arguments)")
      }
    }
    // What is escaped is still the same text to who reads the JSON.
    let report = try await Sdkrelay.run("payload", "check", "--json", file).json()
    #expect((report["file"] as? String)?.hasSuffix(name) == true)
  }

  @Test(
    "a wrong use ends with 2 and shows the right one",
    arguments: [
      ["nonsense"], ["payload", "check"], ["send", "--from", "a", "--to", "b", "--subject", "c"],
      ["envelope", "verify", "file.xml"], ["envelope", "verify", "--no-trust", "--trust", "ca.pem", "file.xml"],
      ["envelope", "open", "--key", "key.pem", "file.xml"], ["messages", "list", "--limit", "0"],
      ["envelope", "verify", "--no-trust", "--at", "yesterday", "file.xml"],
      ["envelope", "verify", "--no-trust", "--at", "2022-06-01", "file.xml"], ["status", "ID", "--wait", "-1"],
      ["status", "ID", "--wait", "99999999999999999"], ["status", "--wait", "1"], ["aside", "release"],
      ["aside", "list", "--limit", "0"],
    ])
  func wrongUse(_ arguments: [String]) async throws {
    let result = try await Sdkrelay.run(arguments)
    #expect(result.exitCode == 2)
    #expect(result.output.isEmpty)
    #expect(result.complaint.contains("Usage: "))
    let json = try await Sdkrelay.run(arguments + ["--json"])
    #expect(try json.json()["error"] is String)
    #expect(json.exitCode == 2)
  }

  @Test("--version is the program's by itself, and stands once in the help of commands about what has versions")
  func version() async throws {
    #expect(try await Sdkrelay.run("--version").output == "\(Program.version)\n")
    for command in [["mailbox", "set"], ["mailbox", "template"], ["register", "set"], ["agreement", "show"]] {
      let help = try await Sdkrelay.run(command + ["--help"]).output
      let lines = help.split(separator: "\n").filter { $0.drop { $0 == " " }.hasPrefix("--version") }
      #expect(lines.count == 1, "\(command)")
    }
  }

  @Test(
    "every command explains itself",
    arguments: [
      ["serve"], ["send"], ["messages"], ["messages", "list"], ["messages", "show"], ["messages", "save"],
      ["messages", "search"], ["status"],
      ["payload", "check"], ["envelope", "verify"], ["envelope", "inspect"], ["envelope", "open"],
      ["receipt", "check"], ["ping"], ["aside", "list"], ["aside", "release"], ["aside", "dismiss"],
      ["config", "check"], ["keys", "new-test-federation"], ["demo"],
    ])
  func help(_ command: [String]) async throws {
    let result = try await Sdkrelay.run(command + ["--help"])
    #expect(result.exitCode == 0)
    #expect(result.output.hasPrefix("OVERVIEW: "))
    if command != ["messages"] { #expect(result.output.contains("Example")) }
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
