/// The rows of a file, one at a time.
protocol LoadingRows: AnyObject {
  /// The next row; nil at the end.
  func next() throws -> RawRow?
}

/// How a file is written.
public enum LoadingFormat: String, Hashable, Sendable, CaseIterable {
  case csv, json

  func rows(_ path: String) throws -> any LoadingRows {
    let bytes = try LoadingBytes(path)
    return switch self {
    case .csv: try CSVRows(bytes)
    case .json: try JSONRows(bytes)
    }
  }
}
