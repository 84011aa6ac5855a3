/// Something that was found out about a received message and bears on its receipt (B1.3.3 §5.3).
public enum ReceiptFinding: Hashable, Sendable {
  /// Rules that the document, its envelope, the directory or the store show broken (cases 2, 4, 5, 8, 9).
  case problems([PayloadProblem])
  /// Malware in the payload (case 3).
  case malware
  /// Another message with the same identity has come before (case 6).
  case duplicate
  /// The very same bytes have come before, and their receipt may have been lost.
  case identicalRepeat
  /// refToMessageId names no known message (case 7).
  case unknownReference
  /// refToMessageId names a message that was rejected (case 11).
  case refersToRejected
  /// The signature is not the sender's (case 12).
  case wrongSignature
  /// The stated sender is not one the access point sends for (case 13).
  case wrongSender
  /// The stated sender is not registered, so that no receipt can reach it.
  case unregisteredSender
  /// The message is not encrypted (case 14).
  case unencrypted
  /// The message cannot be handed on to its client now. It waits; that is no reason to refuse it.
  case clientUnavailable

  /// The payload is not XML that may be read.
  case notWellFormed
  case undecryptable
  /// The envelope breaks its own rules; this is reported to the federation operator.
  case envelopeFault
  /// The recipient is not served here; the access point says so.
  case recipientNotServed
  /// What came is itself a receipt.
  case isReceipt
}

/// Whether a message receipt is sent, and which. Decided by the findings alone.
public enum ReceiptDecision: Hashable, Sendable {
  case accept
  /// With the reasons, at least one.
  case reject([LineResponse])
  /// The receipt that was sent before goes out again, as it was.
  case repeatFormer
  case never(Reason)

  /// Why no receipt is ever sent for a message.
  public enum Reason: String, Hashable, Sendable {
    case notWellFormed = "the payload is not well-formed XML"
    case undecryptable = "the payload could not be decrypted"
    case envelopeFault = "the envelope breaks its rules"
    case recipientNotServed = "the recipient is not served here"
    case isReceipt = "receipts are not answered"
    case unregisteredSender = "the stated sender is not registered"
  }

  /// The case table: what forbids a receipt comes first, then what was decided before, then every reason to refuse.
  public init(_ findings: [ReceiptFinding]) {
    if let reason = findings.lazy.compactMap(\.forbids).first {
      self = .never(reason)
    } else if findings.contains(.identicalRepeat) {
      self = .repeatFormer
    } else {
      let problems = findings.flatMap(\.problems)
      self = problems.isEmpty ? .accept : .reject(problems.map(LineResponse.init))
    }
  }
}

extension ReceiptFinding {
  /// The problems that a finding puts into a receipt.
  var problems: [PayloadProblem] {
    switch self {
    case .problems(let problems): problems
    case .malware: [PayloadRule.malware.problem()]
    case .duplicate: [PayloadRule.duplicate.problem()]
    case .refersToRejected: [PayloadRule.refersToRejected.problem()]
    case .wrongSignature: [PayloadRule.signature.problem()]
    case .wrongSender: [PayloadRule.wrongSender.problem()]
    case .unencrypted: [PayloadRule.unencrypted.problem()]
    case .identicalRepeat, .unknownReference, .unregisteredSender, .clientUnavailable, .notWellFormed, .undecryptable,
      .envelopeFault, .recipientNotServed, .isReceipt:
      []
    }
  }

  /// Why a finding forbids any receipt; nil when it does not.
  var forbids: ReceiptDecision.Reason? {
    switch self {
    case .notWellFormed: .notWellFormed
    case .undecryptable: .undecryptable
    case .envelopeFault: .envelopeFault
    case .recipientNotServed: .recipientNotServed
    case .isReceipt: .isReceipt
    case .unregisteredSender: .unregisteredSender
    case .problems, .malware, .duplicate, .identicalRepeat, .unknownReference, .refersToRejected, .wrongSignature,
      .wrongSender, .unencrypted, .clientUnavailable:
      nil
    }
  }
}
