import ArgumentParser
import Foundation
import Mailbox
import SDKRelay

struct Backup: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Take a backup of the node's data while it runs.",
    discussion: """
      The folder must not be there yet, or be empty. Files on the same disk are linked, not copied: take the folder to \
      another machine. It holds the audit trail's key, unless audit.key in the settings names another place, and neither \
      the settings nor the keys they name: without the storage keys no message in it can be read.

      With --keys the messages' own keys, sealed, go into that file and not into the backup. The file is replaced each \
      time: with the newest one alone kept, a message whose key has been destroyed is gone from every backup too.

      Examples:
        sdkrelay backup /backup/2026-03-01 --config node.yaml
        sdkrelay backup /backup/2026-03-01 --keys /keys/messages.keys --config node.yaml
      """)

  @Argument(help: "The folder to take it into.")
  var folder: String
  @Option(help: ArgumentHelp("The file to put the messages' keys into, apart from the backup.", valueName: "file"))
  var keys: String?
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  func run() throws {
    let service = try configurationFile.service()
    let summary = try service.backUp(into: URL(filePath: folder), keys: keys.map { URL(filePath: $0) })
    if let key = service.relay.settings.auditKey {
      Output.complain("the audit trail's key is not in the backup; keep a copy of \(printable(key.path))")
    }
    try output.result(BackupView(summary, folder)) { BackupView(summary, folder).text }
  }
}

struct Restore: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Restore a backup into a new data folder.",
    discussion: """
      The settings' data folder must not be there yet, or be empty. Every file is compared with the backup's list first. \
      What came in after the backup is not in it: docs/operating.md tells what follows.

      Example: sdkrelay restore /backup/2026-03-01 --config node.yaml
      """)

  @Argument(help: "The folder with the backup.")
  var folder: String
  @Option(help: ArgumentHelp("The file with the messages' keys, where they are apart from it.", valueName: "file"))
  var keys: String?
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  func run() throws {
    let data = try configurationFile.settings().data
    let summary = try Relay.restore(URL(filePath: folder), into: data, keys: keys.map { URL(filePath: $0) })
    // A database of a newer version is told here, and not at the node's start.
    _ = try configurationFile.service()
    try output.result(BackupView(summary, data.path)) { BackupView(summary, data.path).text }
  }
}

/// With `--json` exactly these fields.
private struct BackupView: Encodable {
  let folder: String
  /// The state of the node that it holds.
  let taken: Date
  let files: Int
  /// In bytes.
  let size: Int

  init(_ summary: BackupSummary, _ folder: String) {
    (self.folder, taken, files, size) = (folder, summary.taken, summary.files, summary.size)
  }

  var text: String { "\(printable(folder))  \(files) files, \(readableSize(size)), as of \(localTime(taken))" }
}
