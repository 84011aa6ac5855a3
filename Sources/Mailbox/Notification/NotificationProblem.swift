import SDKRelay

/// Why a notification has not been sent. It holds codes only: neither the address nor what the other side says.
package struct NotificationProblem: Error, Hashable, Sendable, CustomStringConvertible {
  package let description: String
  /// Whether trying again is of no use.
  package let isFinal: Bool

  init(_ description: String, isFinal: Bool = false) {
    self.description = description
    self.isFinal = isFinal
  }

  /// What any error of the transport means.
  init(_ error: any Error) {
    self = error as? NotificationProblem ?? NotificationProblem("no connection: \(TransportProblem(error))")
  }
}
