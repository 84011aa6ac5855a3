import ArgumentParser
import Foundation
import Mailbox
import SDKRelay

struct ArchiveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "archive",
    abstract: "Packages for an archive (FGS Paketstruktur, E-ARK SIP): export one, or verify one.",
    subcommands: [ArchiveExport.self, ArchiveVerify.self])
}

struct ArchiveExport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write messages into one archive package, in the name of a user.",
    discussion: """
      The package holds each message for people and for machines, its attachments, and beside them the signed originals \
      as an evidence file. The user needs the rights to export and to read each message; the audit trail names the \
      account that ran the command, the user and the messages. Nothing is removed from the node.

      With --conversation, what the user may not export is left out; a message that was named by its id and may not be \
      exported ends the command with exit code 1, and there is no package.

      Examples:
        sdkrelay archive export 3f1c…-… --as registrator-1 --out packages --config node.yaml
        sdkrelay archive export --conversation 77aa…-… --as registrator-1 --out kurs.zip --config node.yaml
      """)

  @Argument(help: "The messages' ids.")
  var ids: [String] = []
  @Option(help: ArgumentHelp("Instead of messages: everything with this conversation id.", valueName: "id"))
  var conversation: String?
  @Option(
    name: .customLong("with"),
    help: ArgumentHelp("Only the conversation with this counterparty.", valueName: "organisation"))
  var counterparty: String?
  @OptionGroup var user: ActingUser
  @Option(
    help: ArgumentHelp(
      "A folder, in which the package's own folder is made, or a new file whose name ends with .zip.",
      valueName: "dir|file.zip"))
  var out: String
  @Option(help: ArgumentHelp("The agreement with the archive, as the archive names it.", valueName: "text"))
  var agreement: String?
  @Option(help: "Why, for the audit trail; nothing about a protected person is exported without. Never personal data.")
  var reason: String?
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  private struct Exported: Encodable {
    let package: String
    let path: String
    let messages: [String]
    /// How many of them have nothing signed beside them.
    let withoutEvidence: Int
  }

  func validate() throws {
    guard ids.isEmpty != (conversation == nil) else {
      throw ValidationError("Give either messages' ids or --conversation.")
    }
    guard counterparty == nil || conversation != nil else { throw ValidationError("--with needs --conversation.") }
  }

  func run() async throws {
    let counterparty = try counterparty.map { try ParticipantID($0) }
    let selection: ArchiveSelection =
      if let conversation { .conversation(try messageID(conversation), with: counterparty) } else {
        .messages(try ids.map { try messageID($0) })
      }
    let url = URL(filePath: out)
    let isZip = url.pathExtension.lowercased() == "zip"
    let summary = try await configurationFile.service().exportArchive(
      selection, to: isZip ? .zip(url) : .folder(url), agreement: agreement, reason: reason, for: user.principal(),
      through: commandOperator())
    let exported = Exported(
      package: summary.id, path: summary.place.path, messages: summary.messages.map(\.value),
      withoutEvidence: summary.withoutEvidence)
    try output.result(exported) {
      let messages = summary.messages.count == 1 ? "1 message" : "\(summary.messages.count) messages"
      let missing = summary.withoutEvidence == 0 ? "" : ", \(summary.withoutEvidence) without signed originals"
      return "\(printable(summary.place.path))  \(messages)\(missing)"
    }
  }
}

struct ArchiveVerify: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Verify an archive package; no node is needed.",
    discussion: """
      Every file is compared with the size and SHA-256 in the METS files, and none may be there that they do not list. \
      Exit code 0: all of it is as it was written. 1: something is not, and which file and why stands in the list. 2: it \
      cannot be read as a package. METS.xml itself is vouched for by nobody: keep its SHA-256 elsewhere. The messages' \
      signatures are verified with `sdkrelay evidence verify`.

      Example: sdkrelay archive verify packages/uuid-3f1c…
      """)

  @Argument(help: "The package's folder, or a zip file with it.")
  var path: String
  @OptionGroup var output: Output

  private struct Report: Encodable {
    struct Finding: Encodable {
      let file: String
      let reason: String
    }

    let package: String?
    let holds: Bool
    /// How many files are as they were written.
    let files: Int
    let findings: [Finding]
  }

  func run() throws {
    let found = try ArchiveVerifier.verify(path)
    let report = Report(
      package: found.id, holds: found.holds, files: found.files,
      findings: found.findings.map { Report.Finding(file: $0.path, reason: $0.reason) })
    try output.result(report) {
      let lines = found.findings.map { "NO  \(printable($0.path)): \(printable($0.reason))" }
      let verdict = found.holds ? "whole: \(found.files) files" : "does not hold"
      return (lines + [verdict]).joined(separator: "\n")
    }
    if !found.holds { throw ExitCode(CommandProblem.refusedCode) }
  }
}
