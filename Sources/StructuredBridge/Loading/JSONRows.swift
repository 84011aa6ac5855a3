import Foundation

/// Reads rows of JSON one at a time: an array of objects, or an object a line.
final class JSONRows: LoadingRows {
  private let bytes: LoadingBytes
  private let isArray: Bool
  private var number = 0

  init(_ bytes: LoadingBytes) throws {
    self.bytes = bytes
    while let byte = try bytes.peek(), Self.isSpace(byte) { _ = try bytes.next() }
    isArray = try bytes.peek() == UInt8(ascii: "[")
    if isArray { _ = try bytes.next() }
  }

  func next() throws -> RawRow? {
    while let byte = try bytes.peek(), Self.isSpace(byte) || isArray && byte == UInt8(ascii: ",") {
      _ = try bytes.next()
    }
    let line = bytes.line
    guard let first = try bytes.peek() else {
      guard !isArray else { throw LoadingProblem.noJSON(line: line) }
      return nil
    }
    if isArray, first == UInt8(ascii: "]") { return nil }
    guard !isArray || first == UInt8(ascii: "{") else { throw LoadingProblem.noJSON(line: line) }
    number += 1
    return row(try isArray ? object() : wholeLine(), line)
  }

  private func row(_ text: [UInt8], _ line: Int) -> RawRow {
    var row = RawRow(number: number, line: line)
    guard text.count <= LoadingLimit.row else {
      row.problem = .tooLong(nil)
      return row
    }
    guard let cells = try? JSONDecoder().decode([String: JSONCell].self, from: Data(text)) else {
      row.problem = .json
      return row
    }
    for (name, cell) in cells {
      guard let column = LoadingColumn(rawValue: name) else {
        row.problem = .unknownName
        return row
      }
      row.cells[column] = cell.text
      if cell.text.utf8.count > LoadingLimit.cell { row.problem = .tooLong(column) }
    }
    return row
  }

  private func wholeLine() throws -> [UInt8] {
    var text: [UInt8] = []
    while let byte = try bytes.next(), byte != 0x0A { Self.add(byte, to: &text) }
    return text
  }

  /// An object with everything in it.
  private func object() throws -> [UInt8] {
    var text: [UInt8] = []
    var depth = 0
    var isText = false
    var isEscaped = false
    while let byte = try bytes.next() {
      Self.add(byte, to: &text)
      if isText {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isText = false
        }
      } else if byte == UInt8(ascii: "\"") {
        isText = true
      } else if byte == UInt8(ascii: "{") {
        depth += 1
      } else if byte == UInt8(ascii: "}") {
        depth -= 1
        if depth == 0 { return text }
      }
    }
    throw LoadingProblem.noJSON(line: bytes.line)
  }

  private static func add(_ byte: UInt8, to text: inout [UInt8]) {
    if text.count <= LoadingLimit.row { text.append(byte) }
  }

  private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }
}

/// A text, nothing, or a list of events, which is written as the cell of a CSV file has it.
private struct JSONCell: Decodable {
  let text: String

  private struct Event: Decodable {
    let kind: String
    let date: String
    let id: String
  }

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      text = ""
    } else if let text = try? value.decode(String.self) {
      self.text = text
    } else {
      let events = try value.decode([Event].self)
      guard !events.contains(where: { ($0.kind + $0.date + $0.id).contains { " |".contains($0) } }) else {
        throw DecodingError.dataCorruptedError(in: value, debugDescription: "an event's words hold no spaces")
      }
      text = events.map { "\($0.kind) \($0.date) \($0.id)" }.joined(separator: "|")
    }
  }
}
