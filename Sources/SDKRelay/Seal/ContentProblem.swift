/// Why the content of a message cannot be had. The message is still there, with everything that is not content.
public enum ContentProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// The settings have not the key of this name that the message's key is sealed with, or another one under the name.
  case keyMissing(String)
  /// The message's key has been destroyed, and its content with it.
  case destroyed
  /// What is stored is not what was sealed.
  case damaged

  public var description: String {
    switch self {
    case .keyMissing(let name): "its content cannot be opened: the key \(name) is not in the settings"
    case .destroyed: "its content has been destroyed"
    case .damaged: "its content cannot be opened: it is damaged"
    }
  }

  /// Stands where lists have the subject.
  var inPlaceOfSubject: String {
    switch self {
    case .keyMissing(let name): "[key \(name) is not in the settings]"
    case .destroyed: "[content destroyed]"
    case .damaged: "[content damaged]"
    }
  }
}
