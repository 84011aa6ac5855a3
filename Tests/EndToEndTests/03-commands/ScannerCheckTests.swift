import Foundation
import Testbed
import Testing

@Suite("03 The malware scanner in `config check`") struct ScannerCheckTests {
  @Test("W3: a scanner that is set and does not answer is a remark that says why; the settings are valid all the same")
  func nobody() async throws {
    let federation = try SharedFederation.make()
    let folder = federation.folder.appending(path: "scanner-\(UUID().uuidString)")
    try FileManager.default.copyItem(at: federation.nodeA.folder, to: folder)
    defer { try? FileManager.default.removeItem(at: folder) }
    let settings = folder.appending(path: "node.yaml")
    let lines = try String(contentsOf: settings, encoding: .utf8) + "\nmalware:\n  address: unix:/no/such/socket\n"
    try Data(lines.utf8).write(to: settings)

    let remark = "the malware scanner at unix:/no/such/socket cannot be reached: No such file or directory"
    let text = try await Sdkrelay.run("config", "check", "--config", "node.yaml", in: folder)
    #expect(text.exitCode == 0)
    #expect(text.output.contains("remark        \(remark)\n"))
    let json = try await Sdkrelay.run("config", "check", "--json", "--config", "node.yaml", in: folder).json()
    #expect((json["remarks"] as? [String])?.contains(remark) == true)
    #expect(json["malwareScanner"] == nil)
  }
}
