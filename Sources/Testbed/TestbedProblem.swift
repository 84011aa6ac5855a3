/// Why a test federation cannot be made.
public struct TestbedProblem: Error, CustomStringConvertible {
  /// A sentence for whoever tries.
  public let description: String

  /// - Parameter sentence: without personal data or content.
  public init(_ sentence: String) { description = sentence }
}
