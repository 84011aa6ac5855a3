import XMLSecurity

/// Writes message receipts.
public enum ReceiptWriter {
  /// A receipt that breaks its own rules (R1-APP to R9-APP) and may not be sent.
  public struct InvalidReceipt: Error, Hashable, Sendable {
    /// What is wrong with it; at least one.
    public let problems: [ReceiptProblem]
  }

  /// The receipt as XML, checked like one that comes in.
  ///
  /// - Parameter declaration: whether an XML declaration comes first; it may not within an envelope.
  public static func write(
    _ receipt: ApplicationResponse, declaration: Bool = false
  ) throws(InvalidReceipt) -> [UInt8] {
    // R6-APP: unknown codes are taken from others, never sent.
    guard receipt.lines.allSatisfy({ $0.cause != nil }) else {
      throw InvalidReceipt(problems: [
        ReceiptProblem(rule: .causeCode, text: "A line's cause code is not SV, BV or SIG.")
      ])
    }
    let bytes: [UInt8]
    do {
      bytes = try document(receipt, declaration: declaration)
    } catch {
      throw InvalidReceipt(problems: [ReceiptProblem(rule: .cardinality, text: "The receipt could not be written.")])
    }
    switch ReceiptReader.read(bytes) {
    case .valid: return bytes
    case .invalid(let problems): throw InvalidReceipt(problems: problems)
    case .unreadable(let problem):
      throw InvalidReceipt(problems: [
        ReceiptProblem(rule: .listedElements, text: "The receipt \(problem.kind.rawValue).")
      ])
    }
  }

  private static func document(_ receipt: ApplicationResponse, declaration: Bool) throws -> [UInt8] {
    let sink = MemorySink()
    let xml = XMLWriter(into: sink)
    if declaration { try xml.declaration() }
    try xml.start(
      "ApplicationResponse",
      namespaces: [
        XMLNamespace(prefix: "", uri: ReceiptSchema.response),
        XMLNamespace(prefix: "cac", uri: ReceiptSchema.aggregate),
        XMLNamespace(prefix: "cbc", uri: ReceiptSchema.basic),
      ])
    try xml.element("cbc:CustomizationID", ReceiptSchema.customization)
    try xml.element("cbc:ProfileID", ReceiptSchema.profile)
    try xml.element("cbc:ID", receipt.id)
    let issued = UTCTimestamp.text(receipt.issued)
    try xml.element("cbc:IssueDate", String(issued.prefix(10)))
    try xml.element("cbc:IssueTime", String(issued.dropFirst(11).prefix(8)) + "Z")
    try party("cac:SenderParty", receipt.sender, xml)
    try party("cac:ReceiverParty", receipt.receiver, xml)
    try nested("cac:DocumentResponse", xml) {
      try nested("cac:Response", xml) { try xml.element("cbc:ResponseCode", receipt.responseCode) }
      try nested("cac:DocumentReference", xml) { try xml.element("cbc:ID", receipt.documentReference) }
      for line in receipt.lines { try nested("cac:LineResponse", xml) { try lineResponse(line, xml) } }
    }
    try xml.end()
    return sink.bytes
  }

  private static func lineResponse(_ line: LineResponse, _ xml: XMLWriter) throws {
    try nested("cac:LineReference", xml) { try xml.element("cbc:LineID", line.lineID) }
    try nested("cac:Response", xml) {
      try xml.element("cbc:ResponseCode", line.causeCode)
      try nested("cac:Status", xml) {
        if let code = line.reasonCode { try xml.element("cbc:StatusReasonCode", code) }
        try xml.element("cbc:StatusReason", line.reason)
      }
    }
  }

  private static func party(_ name: String, _ id: ParticipantID, _ xml: XMLWriter) throws {
    try nested(name, xml) {
      try xml.element("cbc:EndpointID", id.value, attributes: [("schemeID", ParticipantID.scheme)])
    }
  }

  private static func nested(_ name: String, _ xml: XMLWriter, _ content: () throws -> Void) throws {
    try xml.start(name)
    try content()
    try xml.end()
  }
}
