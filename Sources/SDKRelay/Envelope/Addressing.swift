import XMLSecurity

/// The addresses on the outside of an AS4 message.
public struct TransportAddressing: Hashable, Sendable {
  /// The sending participant, as the message property has it.
  public var originalSender: String
  /// The receiving participant, as the message property has it.
  public var finalRecipient: String
  /// The process.
  public var service: String
  /// The process's scheme; nil where it is not known here.
  public var serviceType: String?
  /// The document id with its scheme.
  public var action: String

  public init(originalSender: String, finalRecipient: String, service: String, serviceType: String?, action: String) {
    self.originalSender = originalSender
    self.finalRecipient = finalRecipient
    self.service = service
    self.serviceType = serviceType
    self.action = action
  }

  /// Which of the addresses differ from the envelope's, by the name of the AS4 field; empty where all agree. A message
  /// with differing addresses has the wrong recipient and is deleted unread.
  public func differences(from envelope: EnvelopeHeader) -> [String] {
    func same(_ participant: String, _ other: ParticipantID) -> Bool { (try? ParticipantID(participant)) == other }
    var differences: [String] = []
    if !same(originalSender, envelope.from) { differences.append("originalSender") }
    if !same(finalRecipient, envelope.to) { differences.append("finalRecipient") }
    if !sameBytes(service, envelope.processID) { differences.append("Service") }
    if let serviceType, !sameBytes(serviceType, envelope.processScheme) { differences.append("Service/@type") }
    if !sameBytes(action, "\(envelope.documentScheme)::\(envelope.documentID.value)") { differences.append("Action") }
    return differences
  }
}

/// The addresses inside a payload.
public struct PayloadAddressing: Hashable, Sendable {
  /// The message's id, which is the envelope's too.
  public var messageID: MessageID
  public var sender: ParticipantID
  public var recipient: ParticipantID
  /// The recipient's function.
  public var recipientFunction: String

  public init(messageID: MessageID, sender: ParticipantID, recipient: ParticipantID, recipientFunction: String) {
    self.messageID = messageID
    self.sender = sender
    self.recipient = recipient
    self.recipientFunction = recipientFunction
  }

  public init(_ header: MessageHeader) {
    self.init(
      messageID: header.messageID, sender: header.sender.id, recipient: header.recipient.id,
      recipientFunction: header.recipient.attention.subOrganization.address.value)
  }

  /// What the payload says otherwise than the envelope round it (receipt specification, field table).
  public func problems(with envelope: EnvelopeHeader) -> [PayloadProblem] {
    var problems: [PayloadProblem] = []
    if MessageID(envelope.id) != messageID { problems.append(PayloadRule.messageIDMirror.problem()) }
    if recipient != envelope.to { problems.append(PayloadRule.recipientMirror.problem()) }
    if sender != envelope.from { problems.append(PayloadRule.senderMirror.problem()) }
    if let function = envelope.handlingServiceID, !function.utf8.elementsEqual(recipientFunction.utf8) {
      problems.append(PayloadRule.functionMirror.problem())
    }
    return problems
  }
}
