/// The password of the structured core's interface. Whatever prints it prints nothing of it.
public struct CoreSecret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// For the one header that carries it.
  let value: String

  /// - Parameter value: visible ASCII, so that it is a header's value.
  init?(_ value: String) {
    guard !value.isEmpty, value.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
    self.value = value
  }

  func isIn(_ text: String) -> Bool { text.contains(value) }

  public var description: String { "(secret)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
