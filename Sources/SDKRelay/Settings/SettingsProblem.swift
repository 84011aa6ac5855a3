/// Why a settings file was refused: where, which key and what is wrong, in a sentence an operator can act on.
///
/// Printed as `node.yaml:12: server.idleTimeout: must be a time such as “30 s”, not “trettio”`.
public struct SettingsProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file as the operator named it.
  public let file: String
  /// The line of the offending value, or of the section that lacks it; counted from 1.
  public let line: Int
  /// The dotted path of the key, with list positions from 0: `partners[1].participant`. Empty for the whole file.
  public let key: String
  /// What is wrong and what was expected.
  public let reason: String

  public init(file: String, line: Int, key: String, reason: String) {
    self.file = file
    self.line = line
    self.key = key
    self.reason = reason
  }

  public var description: String {
    key.isEmpty ? "\(file):\(line): \(reason)" : "\(file):\(line): \(key): \(reason)"
  }
}
