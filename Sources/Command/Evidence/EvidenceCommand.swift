import ArgumentParser
import Foundation
import Mailbox
import SDKRelay
import XMLSecurity

struct EvidenceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evidence", abstract: "A message's whole proof in one file: export it, or verify one.",
    subcommands: [EvidenceExport.self, EvidenceVerify.self])
}

struct EvidenceExport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write a message's evidence into one signed file.",
    discussion: """
      The file is a zip in ASiC-E form: the sealed envelopes, the signed SOAP parts and receipts, certificates, revocation \
      lists, events, and a readme for people. It holds no content that its reader could not decrypt anyway. It never \
      replaces a file, and the audit trail tells of it.

      Example: sdkrelay evidence export 3f1c…-… --config node.yaml --out 3f1c.asice
      """)

  @Argument(help: "The message's id.")
  var id: String
  @OptionGroup var configurationFile: ConfigurationFile
  @Option(help: ArgumentHelp("The file to write.", valueName: "file"))
  var out: String
  @Option(
    help: ArgumentHelp(
      "Whose message, where two participants of this node exchanged it, or where it was rejected.",
      valueName: "organisation"))
  var participant: String?
  @OptionGroup var output: Output

  private struct Exported: Encodable {
    let message: String
    let path: String
    /// In bytes.
    let size: Int
  }

  func run() async throws {
    let id = try messageID(id)
    let participant = try participant.map { try ParticipantID($0) }
    let file = URL(filePath: out)
    try await configurationFile.service().exportEvidence(id, of: participant, to: file, by: commandOperator())
    let size = try NamedFile.size(file.path)
    try output.result(Exported(message: id.value, path: file.path, size: size)) {
      "\(printable(file.path))  \(readableSize(size))"
    }
  }
}

struct EvidenceVerify: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Verify an evidence file; no node is needed.",
    discussion: """
      Exit code 0: everything in it holds. 1: something does not, and which entry and why stands in the list. 2: the file \
      cannot be read as evidence. The last line is "proven", "whole, and nobody vouches for the signers", or "does not \
      hold".

      Certificates are judged at the time at which each piece was made. --trust names whom to believe, got from \
      elsewhere than the file.

      Examples:
        sdkrelay evidence verify 3f1c.asice --trust o2o-ca.pem --access-point-trust ap-ca.pem
        sdkrelay evidence verify 3f1c.asice --no-trust
      """)

  @Argument(help: "The file.")
  var file: String
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Certificates of the authorities to believe, in PEM.", valueName: "ca.pem"))
  var trust: [String] = []
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "The same for access points: those of --trust then count for organisations only.", valueName: "ca.pem"))
  var accessPointTrust: [String] = []
  @Flag(help: "Believe the authorities that the file names itself, which whoever made it has chosen.")
  var noTrust = false
  @OptionGroup var output: Output

  private struct Report: Encodable {
    struct Item: Encodable {
      let name: String
      let holds: Bool
      let reason: String?
      let detail: String?
    }

    let file: String
    /// Whether everything in it holds.
    let holds: Bool
    /// Whether it holds, the signers' authorities were named with --trust, and the content was not culled.
    let proven: Bool
    /// The rule under which the content was culled.
    let culled: String?
    let message: String?
    let keptBy: String?
    let from: String?
    let to: String?
    let answer: String?
    let exported: Date?
    let items: [Item]
    let missing: [String]
  }

  func validate() throws {
    guard noTrust == trust.isEmpty else {
      throw ValidationError("Give either --no-trust, or whom to believe with --trust.")
    }
    guard !noTrust || accessPointTrust.isEmpty else { throw ValidationError("--access-point-trust needs --trust.") }
  }

  func run() throws {
    let organisations = try trust.flatMap(TrustOptions.certificates(at:))
    let accessPoints =
      try accessPointTrust.isEmpty ? organisations : accessPointTrust.flatMap(TrustOptions.certificates(at:))
    try NamedFile.size(file)
    let found = try EvidenceVerifier.verify(
      file, trust: noTrust ? .bundle : .named(organisations: organisations, accessPoints: accessPoints))
    try output.result(report(found)) { text(found) }
    if !found.holds { throw ExitCode(CommandProblem.refusedCode) }
  }

  private func report(_ found: EvidenceReport) -> Report {
    Report(
      file: file, holds: found.holds, proven: found.holds && !noTrust && found.culled == nil,
      culled: found.culled, message: found.messageID,
      keptBy: found.participant, from: found.sender, to: found.recipient, answer: found.answer,
      exported: found.exported,
      items: found.items.map {
        Report.Item(name: $0.name, holds: $0.problem == nil, reason: $0.problem, detail: $0.detail)
      }, missing: found.missing)
  }

  private func text(_ found: EvidenceReport) -> String {
    var lines: [String] = []
    if let id = found.messageID { lines.append("message \(id)") }
    if let sender = found.sender, let recipient = found.recipient { lines.append("from \(sender) to \(recipient)") }
    for item in found.items {
      let words = item.problem ?? item.detail
      lines.append("\(item.problem == nil ? "ok  " : "NO  ")\(item.name)" + (words.map { ": \($0)" } ?? ""))
    }
    lines += found.missing.map { "–   \($0): not in the file" }
    let proven = found.culled == nil ? "proven" : "proven that it was exchanged; its content has been culled"
    let verdict = noTrust ? "whole, and nobody vouches for the signers" : proven
    lines.append(found.holds ? verdict : "does not hold")
    return lines.map { printable($0) }.joined(separator: "\n")
  }
}
