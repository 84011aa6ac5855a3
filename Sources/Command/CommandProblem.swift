import ArgumentParser
import Foundation
import Mailbox
import SDKRelay
import StructuredBridge
import XMLSecurity

/// Why a command ended without having done its work, as one sentence. The only place where errors become exit codes.
struct CommandProblem: Error {
  static let refusedCode: Int32 = 1
  static let couldNotRunCode: Int32 = 2

  /// What the person at the keyboard reads: no stack, no content of a message, and nothing that a terminal obeys.
  let sentence: String
  let exitCode: Int32

  /// The answer is no: an invalid file, a message that was rejected, what is not there, not yours or refused.
  static func refused(_ sentence: String) -> CommandProblem {
    CommandProblem(sentence: printable(sentence), exitCode: refusedCode)
  }

  /// Wrong use, or something cannot be read: an option or a setting that is wrong, a file that is not there.
  static func couldNotRun(_ sentence: String) -> CommandProblem {
    CommandProblem(sentence: printable(sentence), exitCode: couldNotRunCode)
  }
}

extension CommandProblem {
  /// What any error means to the person at the keyboard.
  init(_ error: any Error) {
    switch error {
    case let problem as CommandProblem: self = problem
    case let problem as SettingsProblem: self = .couldNotRun(problem.description)
    case let problem as AgreementProblems: self = .couldNotRun(problem.description)
    case let problem as SubmissionProblem: self = Self.submission(problem)
    case EvidenceProblem.none, EvidenceProblem.noParticipant, EvidenceProblem.tooLarge: self = .refused("\(error)")
    case is MessageProblem, is DraftProblem, is HandlingProblem, is OpeningProblem: self = .refused("\(error)")
    case is AccessProblem, is AccessDenied: self = .refused("\(error)")
    case is MailboxProblem: self = .refused("\(error)")
    case let problem as RetentionRuleProblems: self = .couldNotRun(problem.description)
    case is RegisterProblem, is HandOverProblem, is HoldProblem, is RetentionProblem: self = .refused("\(error)")
    case is LinkProblem, is CaseLetterProblem, is SearchProblem, ContentProblem.destroyed: self = .refused("\(error)")
    case ArchiveProblem.nothing, ArchiveProblem.tooMany, ArchiveProblem.severalOrganisations, ArchiveProblem.tooLarge,
      ArchiveProblem.attachmentChanged:
      self = .refused("\(error)")
    case is SetAsideProblem: self = .refused("\(error)")
    case let problem as FileProblem: self = .couldNotRun(problem.description)
    case let error as CocoaError: self = .couldNotRun(Self.sentence(error))
    default: self = .couldNotRun("\(error)")
    }
  }

  private static func submission(_ problem: SubmissionProblem) -> CommandProblem {
    switch problem {
    case .refused, .duplicate, .tooLarge: .refused(problem.description)
    case .invalid(let problems): .refused(problems.map(sentence).joined(separator: " "))
    case .unavailable: .couldNotRun(problem.description)
    }
  }

  private static func sentence(_ problem: PayloadProblem) -> String {
    problem.xpath == PayloadProblem.nowhere ? problem.text : "\(problem.text) (\(problem.xpath))"
  }

  private static func sentence(_ error: CocoaError) -> String {
    let path = error.filePath ?? "a file"
    return switch error.code {
    case .fileNoSuchFile, .fileReadNoSuchFile: "no file at \(path)"
    case .fileReadNoPermission, .fileWriteNoPermission: "no permission to use \(path)"
    case .fileWriteFileExists: "\(path) already exists"
    case .fileWriteOutOfSpace: "no space left on the disk for \(path)"
    default: "\(path) cannot be used"
    }
  }
}
