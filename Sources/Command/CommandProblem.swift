import ArgumentParser
import Foundation
import SDKRelay
import XMLSecurity

/// Why a command ended without having done its work, as one sentence. The only place where errors become exit codes.
struct CommandProblem: Error {
  static let refusedCode: Int32 = 1
  static let couldNotRunCode: Int32 = 2

  /// What the person at the keyboard reads: no stack, no content of a message.
  let sentence: String
  let exitCode: Int32

  /// The work was done and the answer is no: an invalid file, a message that was rejected.
  static func refused(_ sentence: String) -> CommandProblem {
    CommandProblem(sentence: sentence, exitCode: refusedCode)
  }

  /// The work could not be done: a file that is not there, a setting that is wrong.
  static func couldNotRun(_ sentence: String) -> CommandProblem {
    CommandProblem(sentence: sentence, exitCode: couldNotRunCode)
  }
}

extension CommandProblem {
  /// What any error means to the person at the keyboard.
  init(_ error: any Error) {
    switch error {
    case let problem as CommandProblem: self = problem
    case let problem as SettingsProblem: self = .couldNotRun(problem.description)
    case let problem as SubmissionProblem: self = Self.submission(problem)
    case let problem as SpoolProblem: self = .couldNotRun(Self.sentence(problem))
    case let error as CocoaError: self = .couldNotRun(Self.sentence(error))
    default: self = .couldNotRun(printable("\(error)"))
    }
  }

  private static func submission(_ problem: SubmissionProblem) -> CommandProblem {
    switch problem {
    case .refused, .tooLarge: .refused(printable(problem.description))
    case .invalid(let problems): .refused(printable(problems.map(\.text).joined(separator: " ")))
    case .unavailable: .couldNotRun(printable(problem.description))
    }
  }

  private static func sentence(_ problem: SpoolProblem) -> String {
    switch problem {
    case .full: "no space left on the disk"
    case .unavailable(let code): "a file cannot be used: \(String(cString: strerror(code)))"
    case .notDurable: "the disk did not confirm that it holds the bytes"
    }
  }

  private static func sentence(_ error: CocoaError) -> String {
    let path = printable(error.filePath ?? "a file")
    return switch error.code {
    case .fileNoSuchFile, .fileReadNoSuchFile: "no file at \(path)"
    case .fileReadNoPermission, .fileWriteNoPermission: "no permission to use \(path)"
    case .fileWriteFileExists: "\(path) already exists"
    case .fileWriteOutOfSpace: "no space left on the disk for \(path)"
    default: "\(path) cannot be used"
    }
  }
}
