import Foundation
import Testbed
import Testing

@Suite("03 Storage keys") struct StorageKeyTests {
  @Test("a new storage key is closed to others, replaces nothing, and works in the settings beside the former one")
  func newKey() async throws {
    let folder = try TemporaryFolder()
    let key = folder.url.appending(path: "2027.key").path
    #expect(try await Sdkrelay.run("keys", "new-storage-key", key).output == "\(key)\n")
    let attributes = try FileManager.default.attributesOfItem(atPath: key)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    let text = try String(contentsOfFile: key, encoding: .utf8)
    #expect(Data(base64Encoded: text.trimmingCharacters(in: .newlines))?.count == 32)
    let again = try await Sdkrelay.run("keys", "new-storage-key", key)
    #expect(again.exitCode == 2 && again.complaint == "sdkrelay: \(key) already exists\n")
    #expect(try String(contentsOfFile: key, encoding: .utf8) == text)

    let node = try SharedFederation.make().nodeA
    let settings = node.folder.appending(path: "rotated-\(UUID().uuidString).yaml")
    let former = try String(contentsOf: node.settings, encoding: .utf8)
    let entry = "  keys:\n    - name: \"2027\"\n      file: \(key)\n"
    try Data(former.replacing("  keys:\n", with: entry).utf8).write(to: settings)
    let check = try await Sdkrelay.run("config", "check", "--config", settings.path)
    #expect(check.exitCode == 0 && check.output.contains("storage key   2027, former: first\n"), "\(check.complaint)")
  }

  @Test("a message whose key is not in the settings is listed, shown and not saved, and each says why")
  func missing() async throws {
    let own = try OwnData()
    let node = try SharedFederation.make().nodeA
    let recipient = try SharedFederation.make().nodeB.organisation
    let sent = try await own.run([
      "send", "--from", node.organisation.mailboxes[0].address, "--to",
      "\(recipient.id)/\(recipient.mailboxes[0].address)", "--subject", "Hemligt ämne", "--text", "Hemlig text",
    ])
    #expect(sent.exitCode == 0, "\(sent.complaint)")
    let settings = URL(filePath: own.config[1])
    let key = own.folder.url.appending(path: "other.key").path
    _ = try await Sdkrelay.run("keys", "new-storage-key", key)
    let former = try String(contentsOf: settings, encoding: .utf8)
    let other = former.replacing("name: first", with: "name: other").replacing("keys/storage.key", with: key)
    try Data(other.utf8).write(to: settings)
    let list = try await own.run(["messages", "list"])
    #expect(list.exitCode == 0 && list.output.contains("[key first is not in the settings]"), "\(list.output)")
    let id = try #require(list.output.split(whereSeparator: \.isWhitespace).last).description
    let show = try await own.run(["messages", "show", id])
    let sentence = "its content cannot be opened: the key first is not in the settings"
    #expect(show.exitCode == 0 && show.output.contains(sentence))
    #expect(!(list.output + show.output).contains("Hemlig"))
    let save = try await own.run(["messages", "save", id, "--out", own.folder.url.appending(path: "out").path])
    #expect(save.exitCode == 2 && save.complaint == "sdkrelay: \(sentence)\n")
  }
}
