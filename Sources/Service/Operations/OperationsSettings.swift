public import Foundation
public import SDKRelay

/// How the node's health and figures are asked for: the section `operations` of the settings file, which
/// `config/node.yaml` describes. A listener of its own, since what it tells is for whoever runs the node.
public struct OperationsSettings: Sendable {
  public var host: String
  /// 0 takes a free one.
  public var port: Int

  /// The section of a node's settings file; nil when it has none, and nothing listens then.
  public static func read(_ file: URL) throws(SettingsProblem) -> OperationsSettings? {
    guard let section = try SettingsFile.open(file).optionalSection("operations") else { return nil }
    return try OperationsSettings(section)
  }

  init(_ section: SettingsSection) throws(SettingsProblem) {
    try section.allow("host", "port")
    host = try section.string("host", default: "127.0.0.1")
    port = try section.int("port", default: 8445, in: 0...65_535)
  }
}
