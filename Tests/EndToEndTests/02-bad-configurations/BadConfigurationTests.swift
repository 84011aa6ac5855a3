import Foundation
import Testbed
import Testing

@testable import Command

/// Each file in `cases` is wrong in one way; its first line says the sentence with which it is refused.
@Suite("02 Bad configurations")
struct BadConfigurationTests {
  private static let cases: [String] = {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "cases")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasSuffix(".yaml") }.sorted().map { folder.appending(path: $0).path }
  }()

  @Test("a wrong file is refused with file, line, key and reason, and exit code 2", arguments: cases)
  func refusal(_ path: String) async throws {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let expected = try #require(text.split(separator: "\n").first?.dropPrefix("# expected: "))
    let federation = try SharedFederation.make()
    // A folder beside the node's own, so that cases do not meet.
    let folder = federation.folder.appending(path: "case-\(UUID().uuidString)")
    try FileManager.default.copyItem(at: federation.nodeA.folder, to: folder)
    defer { try? FileManager.default.removeItem(at: folder) }
    let open = folder.appending(path: "keys/open.key.pem")
    try FileManager.default.copyItem(at: folder.appending(path: "keys/access-point.key.pem"), to: open)
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: open.path)
    let encrypted = folder.appending(path: "keys/encrypted.key.pem")
    try Data("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n".utf8).write(to: encrypted)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: encrypted.path)
    try place(text, from: path, in: folder)

    let result = try await Sdkrelay.run("config", "check", "--config", "node.yaml", in: folder)
    let sentence = result.complaint.replacing(folder.path, with: "FOLDER")
      .replacing(federation.folder.path, with: "FEDERATION")
    #expect(sentence == "sdkrelay: \(expected)\n")
    #expect(result.output.isEmpty)
    #expect(result.exitCode == 2)
  }

  /// A directory's case is read through settings that are right.
  private func place(_ text: String, from path: String, in folder: URL) throws {
    let settings = folder.appending(path: "node.yaml")
    guard path.contains("/directory-") else { return try Data(text.utf8).write(to: settings) }
    try Data(text.utf8).write(to: folder.appending(path: "directory.yaml"))
    let right = try String(contentsOf: settings, encoding: .utf8)
    try Data(right.replacing("../directory.yaml", with: "directory.yaml").utf8).write(to: settings)
  }

  @Test("the commented example has no key that is not read")
  func example() async throws {
    let federation = try SharedFederation.make()
    let folder = federation.folder.appending(path: "example-\(UUID().uuidString)")
    try FileManager.default.copyItem(at: federation.nodeA.folder, to: folder)
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.copyItem(
      at: Package.root.appending(path: "config/agreements"), to: folder.appending(path: "agreements"))
    try FileManager.default.copyItem(
      at: Package.root.appending(path: "config/retention"), to: folder.appending(path: "retention"))
    let example = try String(contentsOf: Package.root.appending(path: "config/node.yaml"), encoding: .utf8)
    let result = try await check(example, in: folder)
    #expect(result.exitCode == 0, "\(result.complaint)")
    // The defaults that stand there as comments must be settings too, and what the program does without them.
    let all = example.replacing(/(?m)^( *)#((  )?[a-zA-Z]+:)/) { "\($0.output.1)\($0.output.2)" }
    let second = try await check(all, in: folder)
    #expect(second.exitCode == 0, "\(second.complaint)")
  }

  private func check(_ example: String, in folder: URL) async throws -> CommandResult {
    let settings =
      example
      .replacing("directory: directory.yaml", with: "directory: ../directory.yaml")
      .replacing("keys/komvux-", with: "keys/")
    try Data(settings.utf8).write(to: folder.appending(path: "node.yaml"))
    return try await Sdkrelay.run("config", "check", "--config", "node.yaml", in: folder)
  }
}

extension Substring {
  fileprivate func dropPrefix(_ prefix: String) -> Substring? {
    hasPrefix(prefix) ? dropFirst(prefix.count) : nil
  }
}
