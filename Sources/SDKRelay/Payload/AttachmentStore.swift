public import XMLSecurity

/// Where the attachments of a message that is being read go.
public protocol AttachmentStore: AnyObject {
  /// A place for the attachment of that number: its place in the message, from 0. The sink is closed after the last
  /// byte.
  ///
  /// Attachments come one after another. Those of a message that has already shown a problem are not kept, so numbers
  /// may be missing; what came before belongs to a refused message then.
  func open(attachment number: Int) throws -> any ByteSink
}

/// Keeps no attachment: for messages that are only checked.
public final class NoAttachments: AttachmentStore {
  public init() {}

  public func open(attachment number: Int) -> any ByteSink { DiscardingSink() }
}

/// Puts attachments into sealed files of a spool, which are gone with this object unless they are kept.
public final class SealedAttachments: AttachmentStore {
  /// The files, by the attachment's number.
  public private(set) var files: [Int: SealedSpoolFile] = [:]
  private let spool: Spool
  private let key: SealKey

  /// - Parameter key: what they are sealed with.
  public init(_ spool: Spool, _ key: SealKey) {
    self.spool = spool
    self.key = key
  }

  public func open(attachment number: Int) throws -> any ByteSink {
    let file = try SealedSpoolFile(in: spool, key: key)
    files[number] = file
    return file
  }
}

/// Puts attachments in plain into files of a spool, which are gone with this object unless they are kept.
public final class SpooledAttachments: AttachmentStore {
  /// The files, by the attachment's number.
  public private(set) var files: [Int: SpoolFile] = [:]
  private let spool: Spool

  public init(_ spool: Spool) {
    self.spool = spool
  }

  public func open(attachment number: Int) throws -> any ByteSink {
    let file = try spool.create()
    files[number] = file
    return file
  }
}
