import Foundation
import Testing

/// The bridge's commands that need no node.
@Suite("03 Bridge commands") struct BridgeCommandTests {
  private func run(_ arguments: String..., input: String? = nil) async throws -> CommandResult {
    try await Sdkrelay.run(arguments, input: input)
  }

  @Test("a number is masked unless it is asked for, and may come by standard input")
  func identity() async throws {
    let masked = try await run("identity", "check", "-", input: "19121212-1212\n")
    #expect(masked.exitCode == 0 && masked.output.contains("personnummer  1912****-****"))
    let shown = try await run("identity", "check", "-", "--show", input: "121212+1212")
    #expect(shown.output.contains("191212121212"))
    let refused = try await run("identity", "check", "191212121213")
    #expect(refused.exitCode == 1 && refused.output.contains("check digit"))
    #expect(!refused.output.contains("1912") && !refused.complaint.contains("1912"))
    #expect(try await run("identity", "check", "191212121212", "--production").exitCode == 1)
    #expect(try await run("identity", "check", "1212121212").output.contains("century is open"))
  }

  @Test("the channel is told with rule and reason")
  func channel() async throws {
    let advice = try await run(
      "channel", "advise", "--information", "admission", "--sdk", "yes", "--agreement", "yes", "--api", "down")
    #expect(advice.exitCode == 0 && advice.output.contains("R4") && advice.output.contains("apiDown"))
    let wrong = try await run(
      "channel", "advise", "--information", "tea", "--sdk", "yes", "--agreement", "yes", "--api", "down")
    #expect(wrong.exitCode == 2)
  }
}
