public import Foundation

/// Reads facts from JSON lines, however many: a document a line, in UTF-8. Lines without anything are skipped.
public struct FactLines: Sendable {
  /// A line that is no fact, by its number from 1.
  public struct Problem: Hashable, Sendable {
    public let line: Int
    public let problem: FactDocumentProblem
  }

  public enum Line: Sendable {
    case fact(number: Int, StructuredFact)
    case problem(Problem)
  }

  private let now: Date
  private var rest: [UInt8] = []
  private var number = 0
  /// Whether the line being read is too long already: its end is looked for, and nothing kept.
  private var isOverlong = false

  public init(at now: Date) { self.now = now }

  /// Takes the next bytes of the file and gives the lines that they complete.
  public mutating func take(_ bytes: some Sequence<UInt8>) -> [Line] {
    var lines: [Line] = []
    for byte in bytes {
      if byte == UInt8(ascii: "\n") {
        if let line = end() { lines.append(line) }
      } else if rest.count < FactDocument.longest {
        rest.append(byte)
      } else {
        isOverlong = true
      }
    }
    return lines
  }

  /// The last line, where the file does not end with a line's end.
  public mutating func finish() -> Line? {
    rest.isEmpty && !isOverlong ? nil : end()
  }

  private mutating func end() -> Line? {
    defer {
      rest.removeAll(keepingCapacity: true)
      isOverlong = false
    }
    number += 1
    if number == 1, rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest.removeFirst(3) }
    if isOverlong { return problem(FactDocumentProblem("", "longer than \(FactDocument.longest) bytes")) }
    guard rest.contains(where: { ![0x20, 0x09, 0x0D].contains($0) }) else { return nil }
    do {
      return .fact(number: number, try FactDocument(rest, at: now).fact)
    } catch {
      return problem(error)
    }
  }

  private func problem(_ problem: FactDocumentProblem) -> Line {
    .problem(Problem(line: number, problem: problem))
  }
}
