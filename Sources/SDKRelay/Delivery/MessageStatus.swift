/// Where a message is on its way: the federation's code list Meddelandestatus (SDK digest §6).
///
/// A pure state machine: it knows which steps are allowed and nothing about clocks, disks or networks. Steps only lead
/// forward; a final status is never left.
public enum MessageStatus: String, Hashable, Sendable, Codable, CaseIterable {
  // Outgoing, in their order.
  /// Accepted from the sender, checked and committed: it will be sent.
  case scheduled = "SCHEDULED"
  /// Enveloped, sealed and given to our access point.
  case submitted = "SUBMITTED"
  /// The recipient's access point could not be reached; the same bytes will be sent again.
  case scheduledForResend = "SCHEDULED_FOR_RESEND"
  /// The recipient's access point has signed for it.
  case acknowledged = "ACKNOWLEDGE"
  /// The recipient's message service has not answered yet.
  case waitingForReceipt = "WAITING_FOR_RECEIPT"
  /// The recipient's message service has it and found it valid. Final.
  case accepted = "ACCEPTED"
  /// The recipient's message service refused it. Final here; shown to clients as ``reported``.
  case rejected = "REJECTED"

  // Incoming, in their order.
  /// Opened, valid and in the mailbox; its message receipt is on its way.
  case retrieved = "RETRIEVED"
  /// The sender's access point has signed for our message receipt.
  case receiptSent = "RECEIPT_SENT"
  /// Receipted and ready for the recipient. Final.
  case new = "NEW"

  // Either.
  /// The exchange failed: an error on the way, or no receipt in time. Final.
  case messageExchangeError = "MESSAGE_EXCHANGE_ERROR"

  /// Whether no further step follows.
  public var isFinal: Bool {
    switch self {
    case .accepted, .rejected, .new, .messageExchangeError: true
    default: false
    }
  }

  /// What the federation's client interface shows: REJECTED appears as MESSAGE_EXCHANGE_ERROR (code list's comment).
  public var reported: MessageStatus { self == .rejected ? .messageExchangeError : self }

  /// Whether `next` may follow this status.
  ///
  /// SCHEDULED_FOR_RESEND does not lead back to SUBMITTED: a repeated attempt stays there until it ends, so that
  /// statuses only move forward. A message receipt may overtake the transport receipt, hence the steps from SUBMITTED.
  public func allows(_ next: MessageStatus) -> Bool {
    switch (self, next) {
    case (.scheduled, .submitted), (.scheduled, .scheduledForResend): true
    case (.submitted, .scheduledForResend), (.submitted, .acknowledged): true
    case (.scheduledForResend, .acknowledged): true
    case (.acknowledged, .waitingForReceipt): true
    case (.submitted, .accepted), (.submitted, .rejected): true
    case (.scheduledForResend, .accepted), (.scheduledForResend, .rejected): true
    case (.acknowledged, .accepted), (.acknowledged, .rejected): true
    case (.waitingForReceipt, .accepted), (.waitingForReceipt, .rejected): true
    case (.retrieved, .receiptSent), (.receiptSent, .new): true
    case (_, .messageExchangeError): !isFinal && self != .receiptSent
    default: false
    }
  }
}
