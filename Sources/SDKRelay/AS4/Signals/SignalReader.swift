public import Foundation
public import XMLSecurity

/// What an answer to one of our messages amounts to.
public enum SignalOutcome: Sendable {
  /// The receiving access point acknowledges every digest. The signed SOAP part is the evidence.
  case receipt([UInt8])
  /// The receiving access point refuses the message. An error that is not signed is always transient: nobody
  /// unauthenticated may end a message's attempts.
  case error(EbMSError)
  /// The answer proves nothing, for this reason (EBMS:0302, threat Q4): try again.
  case invalid(String)
}

extension Signal {
  /// Judges the answer to a message.
  ///
  /// - Parameters:
  ///   - response: the HTTP answer's body.
  ///   - contentType: its Content-Type, empty when it had none.
  ///   - sent: the message as packed.
  ///   - signers: the published certificates of the receiving access point, the former one too during a change (I10).
  ///   - trust: the authorities they chain to.
  public static func read(
    _ response: [UInt8], contentType: String, answering sent: PackedMessage, signers: [Certificate],
    trust: TrustStore, at now: Date = Date()
  ) -> SignalOutcome {
    do throws(EbMSError) {
      let part = try soapPart(response, contentType)
      let message = SentMessage(id: sent.messageID, references: sent.references)
      return try read(soap: part, answering: message, signers: signers, trust: trust, at: now)
    } catch {
      return .invalid(error.detail)
    }
  }

  /// Judges an answer's SOAP part.
  static func read(
    soap bytes: [UInt8], answering sent: SentMessage, signers: [Certificate], trust: TrustStore, at now: Date
  ) throws(EbMSError) -> SignalOutcome {
    let soap = try SOAPEnvelope(parsing: bytes)
    let trust = SignedReferences.Trust(store: trust, known: signers, now: now)
    return try SignalReader(soap: soap, sent: sent, signers: signers, trust: trust, bytes: bytes).outcome()
  }

  /// The SOAP part of an answer. Some products wrap even a lone SOAP part in multipart.
  private static func soapPart(_ response: [UInt8], _ contentType: String) throws(EbMSError) -> [UInt8] {
    guard !response.isEmpty else { throw EbMSError(.invalidReceipt, "the answer is empty") }
    let limits = AS4Limits()
    guard let type = MediaType(contentType) else {
      throw EbMSError(.invalidReceipt, "the answer's Content-Type cannot be read")
    }
    switch type.name {
    case AS4Names.soapType: return response
    case "multipart/related":
      let soap = MemorySink(limit: limits.soap)
      do {
        let reader = try MultipartReader(boundary: type.parameters["boundary"] ?? "", maximumParts: 1) { _, _ in soap }
        try reader.write(response)
        try reader.close()
      } catch {
        throw error as? EbMSError ?? EbMSError(.invalidReceipt, "the answer's SOAP part is too large")
      }
      return soap.bytes
    default: throw EbMSError(.invalidReceipt, "the answer is \(shown(type.name)), not a signal")
    }
  }
}

/// What of a message an answer has to repeat.
struct SentMessage {
  let id: String
  let references: [SignatureReference]
}

/// Checks one answer: signature, signer, the message it is about, then receipt or error.
private struct SignalReader {
  let soap: SOAPEnvelope
  let sent: SentMessage
  let signers: [Certificate]
  let trust: SignedReferences.Trust
  let bytes: [UInt8]

  func outcome() throws(EbMSError) -> SignalOutcome {
    let signals = soap.messaging.children(.ebms("SignalMessage"))
    guard signals.count == 1, soap.messaging.elements.count == 1 else {
      throw EbMSError(.invalidReceipt, "eb:Messaging: exactly one eb:SignalMessage is expected")
    }
    let isSigned = soap.security?.child(.ds("Signature")) != nil
    if isSigned { try checkSignature() }
    let signal = HeaderFields(signals[0], path: "eb:SignalMessage")
    let failures = try signal.all("Error").map(error).filter { $0.severity == .failure }
    if var failure = failures.first {
      failure.isTransient = failure.isTransient || !isSigned
      return .error(failure)
    }
    guard isSigned else { throw EbMSError(.invalidReceipt, "the receipt is not signed") }
    try checkReceipt(signal)
    return .receipt(bytes)
  }

  private func checkSignature() throws(EbMSError) {
    _ = try SignedReferences.verify(soap, trust: trust) { certificate in
      signers.contains(certificate) ? nil : "the signer is not the receiving access point"
    }
  }

  // MARK: Errors

  private func error(_ field: HeaderFields) throws(EbMSError) -> EbMSError {
    let shownCode = try field.attribute("errorCode")
    let code = EbMSCode(rawValue: shownCode) ?? .other
    let reference = try about(field)
    guard reference == nil || reference == sent.id else {
      throw EbMSError(.invalidReceipt, "the error is about another message")
    }
    let description = field.element.child(.ebms("Description"))?.text.trimmingXMLSpace
    let detail = field.element.child(.ebms("ErrorDetail"))?.text.trimmingXMLSpace ?? description ?? ""
    // Products differ in where they put the code word (SDK-AS4-04).
    let words = [detail, description, field.element.attribute("shortDescription")]
    let isNotServiced = words.contains { $0?.contains(EbMSError.notServiced) == true }
    let severity = EbMSError.Severity(rawValue: try field.attribute("severity").lowercased()) ?? .failure
    return EbMSError(
      code, code.rawValue == shownCode ? detail : "\(shownCode) \(detail)", refToMessageID: sent.id,
      severity: severity, text: description, isTransient: !isNotServiced && Self.isTransient(code))
  }

  /// The message an error is about, by its own attribute or by the signal's RefToMessageId.
  private func about(_ field: HeaderFields) throws(EbMSError) -> String? {
    if let own = try field.optionalAttribute("refToMessageInError") { return own }
    guard let signal = field.element.parent else { return nil }
    return try HeaderFields(signal, path: "eb:SignalMessage").optional("MessageInfo")?.optional("RefToMessageId")?
      .text()
  }

  /// Whether the code speaks of trouble that passes. `Other` may, and is what most products answer to their own.
  private static func isTransient(_ code: EbMSCode) -> Bool {
    switch code {
    case .connectionFailure, .emptyMessagePartitionChannel, .dysfunctionalReliability, .deliveryFailure, .other: true
    default: false
    }
  }

  // MARK: Receipts

  private func checkReceipt(_ signal: HeaderFields) throws(EbMSError) {
    let info = try signal.one("MessageInfo")
    guard try info.text("RefToMessageId") == sent.id else {
      throw EbMSError(.invalidReceipt, "the receipt is about another message")
    }
    let receipt = try signal.one("Receipt").element
    guard let information = receipt.child(XMLName(AS4Names.receipt, "NonRepudiationInformation")) else {
      throw EbMSError(.invalidReceipt, "the receipt holds no ebbp:NonRepudiationInformation")
    }
    var acknowledged: [Acknowledgement: [UInt8]] = [:]
    for part in information.children(XMLName(AS4Names.receipt, "MessagePartNRInformation")) {
      guard let element = part.child(.ds("Reference")) else {
        throw EbMSError(.invalidReceipt, "ebbp:MessagePartNRInformation holds no ds:Reference")
      }
      let (key, value) = try acknowledgement(element)
      guard acknowledged.updateValue(value, forKey: key) == nil else {
        throw EbMSError(.invalidReceipt, "the receipt acknowledges \(shown(key.uri)) twice")
      }
    }
    for reference in sent.references {
      let key = Acknowledgement(uri: normal(reference.uri), method: reference.digestMethod)
      guard let value = acknowledged.removeValue(forKey: key) else {
        throw EbMSError(.invalidReceipt, "the receipt does not acknowledge \(shown(reference.uri))")
      }
      guard constantTimeEqual(value, reference.digestValue) else {
        throw EbMSError(.invalidReceipt, "the receipt has another digest for \(shown(reference.uri))")
      }
    }
    guard acknowledged.isEmpty else {
      throw EbMSError(.invalidReceipt, "the receipt acknowledges parts that were not sent")
    }
  }

  private struct Acknowledgement: Hashable {
    let uri: String
    let method: DigestAlgorithm
  }

  /// The three things a receipt must repeat; transforms are of no matter here.
  private func acknowledgement(_ reference: XMLElement) throws(EbMSError) -> (Acknowledgement, [UInt8]) {
    let uri = reference.attribute("URI") ?? ""
    guard let algorithm = reference.child(.ds("DigestMethod"))?.attribute("Algorithm"),
      let method = DigestAlgorithm(uri: algorithm), let text = reference.child(.ds("DigestValue"))?.text,
      let value = try? Base64.decode(text)
    else { throw EbMSError(.invalidReceipt, "the receipt's ds:Reference \(shown(uri)) cannot be read") }
    return (Acknowledgement(uri: normal(uri), method: method), value)
  }

  /// `cid:` references with and without percent-encoding mean the same part.
  private func normal(_ uri: String) -> String {
    CIDReference.contentID(uri).map(CIDReference.uri) ?? uri
  }
}
