/// A federation and its environment, to which an envelope belongs.
public enum Federation: String, Sendable, CaseIterable {
  /// The open test federation.
  case test
  /// Säker digital kommunikation itself.
  case sdk

  /// The FEDERATIONID of envelopes (SDK digest §1).
  public var id: String { "urn:fdc:digg.se:edelivery:federation:\(rawValue)" }
}
