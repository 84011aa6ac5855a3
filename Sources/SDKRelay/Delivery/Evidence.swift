public import Foundation
public import XMLSecurity

/// One piece of the signed proof that a message and its message receipt went from one access point to the other.
///
/// Each of the two is an AS4 exchange of three pieces, which both sides hold byte for byte alike: the sealed envelope,
/// signed by the organisation; the AS4 message's SOAP part, signed by the sending access point over the digest of the
/// compressed envelope; and the receipt, signed by the receiving access point over the same digests.
public struct Evidence: Hashable, Sendable {
  /// What the exchange brought to the other side.
  public enum Document: String, Hashable, Sendable {
    case message
    /// The recipient's message receipt (meddelandekvittens).
    case messageReceipt
  }

  public enum Kind: String, Hashable, Sendable {
    /// The AS4 message's SOAP part, signed by the sending access point.
    case userMessage
    /// The XHE envelope, sealed by the sending organisation.
    case envelope
    /// The AS4 receipt's SOAP part, signed by the receiving access point.
    case transportReceipt
  }

  /// Where the piece is kept.
  public enum Content: Hashable, Sendable {
    case bytes([UInt8])
    case file(StoredFile)
    /// It is kept, and cannot be opened.
    case closed(ContentProblem)
  }

  public let document: Document
  public let kind: Kind
  /// When this node made or got it.
  public let time: Date
  /// The AS4 message id of the exchange.
  public let transportID: String
  public let content: Content

  /// Writes the piece, byte for byte, into the sink and leaves it open.
  /// - Throws: ``ContentProblem``, and what the file or the sink throw.
  public func write(into sink: any ByteSink) throws {
    switch content {
    case .bytes(let bytes): try sink.write(bytes)
    case .file(let file): try file.write(into: sink)
    case .closed(let problem): throw problem
    }
  }
}
