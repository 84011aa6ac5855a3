import ArgumentParser
import Foundation
import Mailbox
import SDKRelay

struct AgreementCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Check agreements before a node takes them.",
    discussion: """
      Prints each version with the days it is in force, or one line a problem: file:line: key: reason. Files that are \
      named together, or lie in one folder, must also go together: versions of an agreement must not overlap.

      Examples:
        sdkrelay agreement check config/agreements
        sdkrelay agreement check new.yaml config/agreements/old.yaml --json
      """)

  @Argument(help: ArgumentHelp("Folders with agreements, or files of them.", valueName: "folder-or-file"))
  var paths: [String]
  @OptionGroup var output: Output

  private struct Report: Encodable {
    struct Problem: Encodable {
      let file: String
      let line: Int
      let key: String
      let reason: String
    }

    let valid: Bool
    let agreements: [AgreementLine]
    let problems: [Problem]
  }

  func run() throws {
    let problems: [SettingsProblem]
    var agreements: [AgreementLine] = []
    do {
      agreements = try AgreementBook(files: files()).versions.map(AgreementLine.init)
      problems = []
    } catch let error as AgreementProblems {
      problems = error.problems
    }
    let report = Report(
      valid: problems.isEmpty, agreements: agreements,
      problems: problems.map { .init(file: $0.file, line: $0.line, key: $0.key, reason: $0.reason) })
    try output.result(report) {
      let lines = problems.map { printable($0.description) }
      return report.valid ? Table(header: [], rows: agreements.map(\.cells)).text : lines.joined(separator: "\n")
    }
    guard report.valid else {
      throw CommandProblem.refused(problems.count == 1 ? "1 problem" : "\(problems.count) problems")
    }
  }

  private func files() throws -> [URL] {
    try paths.flatMap { path -> [URL] in
      let url = URL(filePath: path)
      var isFolder: ObjCBool = false
      if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
        return try AgreementBook.files(in: url)
      }
      try NamedFile.size(path)
      return [url]
    }
  }
}
