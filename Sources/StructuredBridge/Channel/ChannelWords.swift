extension ChannelAdvice.Channel {
  /// For people.
  public var words: String {
    switch self {
    case .sdk: "SDK"
    case .api: "the structured interface"
    case .webPortal: "the counterpart's web portal"
    case .ordinaryCooperation: "ordinary cooperation outside the system"
    }
  }
}

extension ChannelAdvice.Reason {
  /// For people.
  public var words: String {
    switch self {
    case .sdkAndAgreement: "SDK is in place and an agreement in force names the mailbox"
    case .sdkMissing: "SDK is missing"
    case .agreementMissing: "an agreement in force is missing"
    case .sdkAndAgreementMissing: "SDK is missing, and so is an agreement in force"
    case .apiUp: "it has a structured form, and the interface is up"
    case .apiDown: "it has a structured form and the interface is down; SDK never stands in for it"
    case .apiAbsent: "it has a structured form and there is no interface; SDK never stands in for it"
    case .kindNotLive: "this kind is not exchanged in structured form yet"
    }
  }
}
