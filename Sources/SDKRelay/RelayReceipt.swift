import XMLSecurity

extension Relay {
  /// What the recipient's message receipt says about a message of ours; nil while none has come, and for one that was
  /// received.
  ///
  /// Read from the evidence, which is the signed envelope as it came; its signer was checked then and is not again.
  public func receipt(of message: StoredMessage) throws -> ApplicationResponse? {
    guard message.direction == .outgoing,
      let evidence = try evidence(of: message).last(where: { $0.document == .messageReceipt && $0.kind == .envelope }),
      case .file(let file) = evidence.content
    else { return nil }
    let envelope = try ReceivedEnvelope.read(file).verify(.signatureOnly, at: evidence.time)
    let bytes = MemorySink(limit: OpenChecks.largestReceipt)
    _ = try envelope.open(with: [], into: bytes)
    guard case .valid(let response) = ReceiptReader.read(bytes.bytes) else { return nil }
    return response
  }
}
