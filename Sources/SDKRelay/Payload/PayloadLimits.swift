/// Which way a message goes. Our own messages are held to more than those of others.
public enum PayloadDirection: Hashable, Sendable {
  case incoming, outgoing
}

/// What a message may be.
public struct PayloadLimits: Hashable, Sendable {
  /// The most bytes of the whole message as XML, attachments in base64 included.
  public var maximumBytes: Int
  /// The media types of attachments that are taken besides PDF, in lower case without parameters.
  public var allowedTypes: Set<String>
  /// The most attachments: each is an open file while a message is read.
  public var maximumFiles: Int

  public init(maximumBytes: Int, allowedTypes: Set<String> = [], maximumFiles: Int = 256) {
    self.maximumBytes = maximumBytes
    self.maximumFiles = maximumFiles
    self.allowedTypes = allowedTypes
  }

  /// Among ``allowedTypes``: attachments of every type are taken.
  public static let anyType = "*/*"

  /// 30 MB, the federation's limit (SDK-PAY-12).
  public static let outgoing = PayloadLimits(maximumBytes: 30 << 20)

  /// Half as much again as ``outgoing``, since the specification leaves open where exactly the 30 MB are measured: 35 MB
  /// of attachments have room in it, in base64 (TF-08).
  public static let incoming = PayloadLimits(maximumBytes: 45 << 20)

  /// How many problems of one message are listed.
  static let maximumProblems = 50
}
