/// Rows of text in aligned columns.
struct Table {
  /// The columns' names, printed above the rows; empty for none.
  let header: [String]
  var rows: [[String]] = []

  /// The rows as lines, two spaces between columns, nothing after the last.
  var text: String {
    let all = (header.isEmpty ? [] : [header]) + rows
    let columns = all.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      all.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return all.map { row in line(row, widths: widths) }.joined(separator: "\n")
  }

  private func line(_ row: [String], widths: [Int]) -> String {
    var line = ""
    for (column, cell) in row.enumerated() {
      line += cell
      guard column < row.count - 1 else { break }
      line += String(repeating: " ", count: widths[column] - cell.count + 2)
    }
    return line
  }
}
