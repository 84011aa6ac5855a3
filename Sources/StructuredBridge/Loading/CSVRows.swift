/// Reads rows of CSV (RFC 4180, `,` or `;`) one at a time.
final class CSVRows: LoadingRows {
  private let bytes: LoadingBytes
  private let separator: UInt8
  private var columns: [LoadingColumn] = []
  private var number = 0
  private static let quote = UInt8(ascii: "\"")

  init(_ bytes: LoadingBytes) throws {
    self.bytes = bytes
    separator = UInt8(ascii: bytes.firstLine(contains: UInt8(ascii: ";")) ? ";" : ",")
    guard let heading = try cells() else { throw LoadingProblem.empty }
    for (place, name) in heading.values.enumerated() {
      let name = name.filter { $0 != " " }
      guard let column = LoadingColumn(rawValue: name) else { throw LoadingProblem.unknownColumn(place + 1) }
      guard !columns.contains(column) else { throw LoadingProblem.doubledColumn(name) }
      columns.append(column)
    }
    let missing = LoadingColumn.required.filter { !columns.contains($0) }
    guard missing.isEmpty else { throw LoadingProblem.missingColumns(missing.map(\.rawValue)) }
  }

  func next() throws -> RawRow? {
    var line = bytes.line
    var found = try cells()
    // Empty lines are no rows.
    while let row = found, row.values == [""], row.problem == nil {
      line = bytes.line
      found = try cells()
    }
    guard let found else { return nil }
    number += 1
    var row = RawRow(number: number, line: line, problem: found.problem)
    if row.problem == nil {
      if let place = found.tooLong {
        row.problem = .tooLong(place < columns.count ? columns[place] : nil)
      } else if found.values.count != columns.count {
        row.problem = .width
      } else {
        row.cells = Dictionary(uniqueKeysWithValues: zip(columns, found.values))
      }
    }
    return row
  }

  private struct Cells {
    var values: [String] = []
    var tooLong: Int?
    var problem: RowProblem?

    mutating func end(_ cell: inout [UInt8]) {
      if cell.count > LoadingLimit.cell { tooLong = tooLong ?? values.count }
      // A row may have no more cells than a heading has; what is more is counted, not kept.
      if values.count <= LoadingColumn.allCases.count { values.append(String(decoding: cell, as: UTF8.self)) }
      cell.removeAll(keepingCapacity: true)
    }
  }

  /// The cells of the next row; nil at the end of the file.
  private func cells() throws -> Cells? {
    guard try bytes.peek() != nil else { return nil }
    var row = Cells()
    var cell: [UInt8] = []
    var isQuoted = false
    var wasQuoted = false
    while let byte = try bytes.next() {
      if isQuoted {
        guard byte == Self.quote else {
          Self.add(byte, to: &cell)
          continue
        }
        if try bytes.peek() == Self.quote {
          Self.add(try bytes.next() ?? byte, to: &cell)
        } else {
          (isQuoted, wasQuoted) = (false, true)
        }
      } else if byte == separator {
        row.end(&cell)
        wasQuoted = false
      } else if byte == 0x0A {
        row.end(&cell)
        return row
      } else if byte == 0x0D, try bytes.peek() == 0x0A {
        continue
      } else if byte == Self.quote, cell.isEmpty, !wasQuoted {
        isQuoted = true
      } else {
        if byte == Self.quote || wasQuoted { row.problem = .quote }
        Self.add(byte, to: &cell)
      }
    }
    if isQuoted { row.problem = .quote }
    row.end(&cell)
    return row
  }

  private static func add(_ byte: UInt8, to cell: inout [UInt8]) {
    if cell.count <= LoadingLimit.cell { cell.append(byte) }
  }
}
