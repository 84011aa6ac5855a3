import Foundation
import SDKRelay
import StructuredBridge
import Synchronization

/// Writes refused rows into a file as they come, and counts them by reason.
final class RefusalReport: Sendable {
  private struct State {
    var counts: [String: Int] = [:]
    var waiting: [UInt8] = []
  }

  private let state = Mutex(State())
  private let file: FileHandle?
  private let isJSON: Bool

  init(_ path: String?) throws {
    isJSON = ["json", "jsonl", "ndjson"].contains(path.map { URL(filePath: $0).pathExtension.lowercased() })
    guard let path else {
      file = nil
      return
    }
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      throw CommandProblem.couldNotRun("the report \(path) cannot be written: \(String(cString: strerror(errno)))")
    }
    file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    if !isJSON { state.withLock { $0.waiting += Array("row,line,column,code,reason\r\n".utf8) } }
  }

  func add(_ refusal: RowRefusal) throws {
    try state.withLock { state in
      state.counts["\(refusal.code)\(refusal.column.map { " (\($0))" } ?? ""): \(refusal.sentence)", default: 0] += 1
      guard file != nil else { return }
      state.waiting += try line(refusal)
      if state.waiting.count > 65_536 { try empty(&state) }
    }
  }

  func finish() throws { try state.withLock { try empty(&$0) } }

  /// The reasons, the most frequent first.
  var summary: [String] {
    state.withLock(\.counts).sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "  \($0.value) × \($0.key)" }
  }

  private func empty(_ state: inout State) throws {
    try file?.write(contentsOf: Data(state.waiting))
    state.waiting = []
  }

  private func line(_ refusal: RowRefusal) throws -> [UInt8] {
    if isJSON { return [UInt8](try JSONEncoder.stable().encode(refusal)) + [UInt8(ascii: "\n")] }
    let cells = ["\(refusal.row)", "\(refusal.line)", refusal.column ?? "", refusal.code, refusal.sentence]
    return Array((cells.map(Self.cell).joined(separator: ",") + "\r\n").utf8)
  }

  /// A cell that no spreadsheet takes for a formula.
  static func cell(_ text: String) -> String {
    let isFormula = text.utf8.first.map("=+-@\t\r".utf8.contains) ?? false
    let safe = isFormula ? "'\(text)" : text
    guard safe.utf8.contains(where: ",\"\r\n".utf8.contains) else { return safe }
    return "\"\(safe.replacing("\"", with: "\"\""))\""
  }
}
