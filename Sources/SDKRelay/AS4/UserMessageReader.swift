public import XMLSecurity

/// Receives a user message as its bytes arrive. Push the HTTP body, close, then ask for the result.
///
/// An ``EbMSError`` means the message is refused and says what to answer; it is thrown as soon as it is known. One that
/// is transient, such as for a revocation list that is out of date, is answered with a temporary HTTP error instead.
/// Anything else, such as a full disk, is this node's own trouble: no receipt, a temporary HTTP error. After a failure
/// nothing of the message is left.
public final class UserMessageReader: ByteSink {
  private enum Input {
    case plain(any ByteSink)
    case multipart(MultipartReader)
    case failed(any Error)
  }

  private let assembly: UserMessageAssembly
  private var input: Input

  /// Parts go to `spool` as they arrive, sealed with the key. A wrong `contentType` (the HTTP field) is reported by the first `write`.
  public init(contentType: String, receiver: AS4Receiver, spool: Spool, key: SealKey = .random()) {
    let assembly = UserMessageAssembly(receiver: receiver, spool: spool, key: key)
    self.assembly = assembly
    do throws(EbMSError) {
      input = try Self.input(contentType, assembly, parts: receiver.limits.parts)
    } catch {
      input = .failed(error)
    }
  }

  /// The message's id, once its header has been read.
  public var messageID: String? { assembly.messageID }

  /// What the sender said and who it is, once its signature has been verified; also for a message that is refused.
  var authenticated: (message: UserMessage, signer: TrustedCertificate)? { assembly.authenticated }

  /// Takes the next bytes. Throws ``EbMSError`` for a message that is refused, `SpoolProblem` for this node's own
  /// trouble.
  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    try attempt {
      switch input {
      case .plain(let sink): try sink.write(bytes)
      case .multipart(let reader): try reader.write(bytes)
      case .failed(let error): throw error
      }
    }
  }

  /// The body has ended; throws as `write` does.
  public func close() throws {
    try attempt {
      switch input {
      case .plain(let sink): try sink.close()
      case .multipart(let reader): try reader.close()
      case .failed(let error): throw error
      }
      try assembly.finish()
    }
  }

  /// The message, after `close`; throws what made it fail.
  public func result() throws -> VerifiedUserMessage {
    if case .failed(let error) = input { throw error }
    guard let message = assembly.result else { throw EbMSError(.mimeInconsistency, "the message has not ended") }
    return message
  }

  private func attempt(_ body: () throws -> Void) throws {
    do {
      try body()
    } catch {
      let named = (error as? EbMSError)?.about(assembly.messageID) ?? error
      input = .failed(named)
      assembly.discard()
      throw named
    }
  }

  private static func input(
    _ contentType: String, _ assembly: UserMessageAssembly, parts: Int
  ) throws(EbMSError) -> Input {
    guard let type = MediaType(contentType) else {
      throw EbMSError(.mimeInconsistency, "Content-Type cannot be read")
    }
    switch type.name {
    case AS4Names.soapType:
      return .plain(RootSink(assembly, limit: assembly.receiver.limits.soap))
    case "multipart/related":
      guard let boundary = type.parameters["boundary"] else {
        throw EbMSError(.mimeInconsistency, "Content-Type: the boundary is missing")
      }
      let start = type.parameters["start"].map(PartHead.withoutBrackets)
      return .multipart(
        try MultipartReader(boundary: boundary, maximumParts: parts + 1) { head, number in
          try assembly.open(head, number, start: start)
        })
    default:
      throw EbMSError(.mimeInconsistency, "Content-Type \(shown(type.name)) is not accepted")
    }
  }
}

/// Collects the SOAP part and hands it on whole.
final class RootSink: ByteSink {
  private let assembly: UserMessageAssembly
  private let bytes: MemorySink

  init(_ assembly: UserMessageAssembly, limit: Int) {
    self.assembly = assembly
    bytes = MemorySink(limit: limit)
  }

  func write(_ more: UnsafeRawBufferPointer) throws {
    do {
      try bytes.write(more)
    } catch is ByteLimitExceeded {
      throw EbMSError(.invalidHeader, "the SOAP part is too large")
    }
  }

  func close() throws {
    try assembly.take(soap: bytes.bytes)
  }
}
