import ArgumentParser
import Foundation
import Mailbox
import SDKRelay
import Service
import StructuredBridge
import XMLSecurity

struct ConfigCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Look at a node's settings.", subcommands: [ConfigCheck.self])
}

struct ConfigCheck: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check settings, keys, certificates, the directory and agreements without starting anything.",
    discussion: """
      A wrong file is refused with file:line: key: reason. Certificates are checked against the trust the settings name. \
      A malware scanner that is set is asked whether it is there.

      Example: sdkrelay config check --config node.yaml
      """)

  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  private struct Report: Encodable {
    struct Organisation: Encodable {
      let id: String
      let mailboxes: [String]
    }

    let valid: Bool
    let accessPoint: String
    let participants: [Organisation]
    let agreements: [AgreementLine]
    /// Its name and version; nil where none is set or it does not answer.
    let malwareScanner: String?
    /// The names of the keys that stored messages are sealed with, the current one first.
    let storageKeys: [String]
    /// What works, and yet deserves a look.
    let remarks: [String]
  }

  func run() async throws {
    let settings = try configurationFile.settings()
    _ = try ServiceSettings.read(URL(filePath: configurationFile.path))
    _ = try NotificationSettings.read(URL(filePath: configurationFile.path))
    _ = try OperationsSettings.read(URL(filePath: configurationFile.path))
    _ = try BridgeSettings.read(URL(filePath: configurationFile.path), federation: settings.federation)
    let directory = try StaticDirectory(file: settings.directoryFile)
    let agreements = try settings.agreements.map { try AgreementBook(folder: $0) }
    let rules = try settings.retention.map { try RetentionRules(folder: $0) }
    let review = SettingsReview(
      settings: settings, directory: directory, agreements: agreements, retention: rules, now: .now)
    let scanner = await Self.scanner(settings)
    let report = try Report(
      valid: true, accessPoint: settings.accessPoint.identity.certificate.commonName ?? "",
      participants: settings.participants.map { participant in
        let organisation = try directory.organization(participant.id)
        return Report.Organisation(id: participant.id.value, mailboxes: organisation.mailboxes.map(\.address.value))
      },
      agreements: agreements?.versions.map(AgreementLine.init) ?? [], malwareScanner: scanner.version,
      storageKeys: settings.storage.names,
      remarks: review.remarks() + scanner.remarks)
    try output.result(report) { Self.text(report) }
  }

  private static func scanner(_ settings: NodeSettings) async -> (version: String?, remarks: [String]) {
    do {
      return (try await settings.malware?.scannerVersion(), [])
    } catch {
      return (nil, ["\(error)"])
    }
  }

  private static func text(_ report: Report) -> String {
    var lines = ["access point  \(printable(report.accessPoint))"]
    for organisation in report.participants {
      lines.append("organisation  \(organisation.id)")
      lines += organisation.mailboxes.map { "  mailbox     \(printable($0))" }
    }
    lines += report.agreements.map { "agreement     " + printable($0.cells.joined(separator: "  ")) }
    lines += report.malwareScanner.map { ["scanner       \(printable($0))"] } ?? []
    lines.append("storage key   \(report.storageKeys.joined(separator: ", former: "))")
    lines += report.remarks.map { "remark        \(printable($0))" }
    return (lines + ["valid"]).joined(separator: "\n")
  }
}
