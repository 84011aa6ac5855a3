/// Why a test federation cannot be made.
public struct TestbedProblem: Error, CustomStringConvertible {
  /// A sentence for whoever tries.
  public let description: String

  public init(_ sentence: String) { description = sentence }
}
