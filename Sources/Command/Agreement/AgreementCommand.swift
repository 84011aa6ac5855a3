public import ArgumentParser
import Foundation
public import Mailbox
import SDKRelay

struct AgreementCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "agreement", abstract: "Look at agreements: which mailboxes may write to which, about what.",
    subcommands: [AgreementCheck.self, AgreementShow.self, AgreementDifference.self])
}

extension InformationKind: ExpressibleByArgument {}

/// Where agreements lie: a folder, or the one that a node's settings name.
struct AgreementFolderOption: ParsableArguments {
  @Option(help: ArgumentHelp("The folder with agreements; the node's own when left out.", valueName: "folder"))
  var folder: String?
  @OptionGroup var configurationFile: ConfigurationFile

  func book() throws -> AgreementBook {
    if let folder { return try AgreementBook(folder: URL(filePath: folder)) }
    guard let folder = try configurationFile.settings().agreements else {
      throw CommandProblem.couldNotRun("\(configurationFile.path) names no folder with agreements: give --folder")
    }
    return try AgreementBook(folder: folder)
  }
}

/// A version of an agreement in one line.
struct AgreementLine: Encodable {
  let id: String
  let version: Int
  let validFrom: Day
  let validTo: Day?
  let parties: [String]

  init(_ agreement: Agreement) {
    id = agreement.id
    version = agreement.version
    validFrom = agreement.validity.from
    validTo = agreement.validity.to
    parties = agreement.parties.map(\.participant.value)
  }

  var cells: [String] {
    [id, "version \(version)", "\(validFrom) – \(validTo.map { "\($0)" } ?? "")", parties.joined(separator: ", ")]
  }
}
