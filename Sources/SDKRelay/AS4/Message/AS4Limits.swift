/// How much of a message is accepted. All values in bytes, save the number of parts.
public struct AS4Limits: Hashable, Sendable {
  /// The SOAP part.
  public var soap = 256 * 1024
  /// Parts beside the SOAP part; the profile has one payload and an optional attachment (threat T2).
  public var parts = 2
  /// One part after decompression (SDK-AS4-09: at least 100 MB).
  public var payload = 110 * 1024 * 1024
  /// Decompressed bytes for each compressed one (threat T3).
  public var compressionRatio = 1_100

  public init() {}
}
