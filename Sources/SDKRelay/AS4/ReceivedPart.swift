import XMLSecurity

/// One part on its way in: decrypt → digest → decompress → seal → file. What it wrote is handed out only after the
/// authentication tag, the signed digest and the decompression have all been found right, and judged in this order: a
/// decompression error must not tell anything about text that was never authenticated (E5, E6).
final class ReceivedPart: ByteSink {
  private let info: PartInfo
  private let reference: SignatureReference
  private let file: SealedSpoolFile
  private let content: ContentSink
  private let digest: DigestSink
  private let decryptor: DecryptingSink
  private var isComplete = false

  init(
    _ info: PartInfo, reference: SignatureReference, decryption: (cipher: ContentCipher, key: [UInt8]),
    limits: AS4Limits, file: SealedSpoolFile
  ) {
    self.info = info
    self.reference = reference
    self.file = file
    content = ContentSink(isCompressed: info.isCompressed, limits: limits, file: file)
    digest = DigestSink(reference.digestMethod, next: content)
    decryptor = DecryptingSink(decryption.cipher, key: decryption.key, next: digest)
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    do {
      try decryptor.write(bytes)
    } catch is DecryptionFailed {
      throw EbMSError.decryption
    }
  }

  func close() throws {
    do {
      try decryptor.close()
    } catch is DecryptionFailed {
      throw EbMSError.decryption
    }
    guard constantTimeEqual(digest.digest(), reference.digestValue) else {
      throw EbMSError(.failedAuthentication, "ds:Reference \(shown(reference.uri)): the digest differs")
    }
    if let problem = content.problem {
      throw EbMSError(problem.code, "part \(shown(info.contentID)): \(problem.reason)")
    }
    isComplete = true
  }

  /// What was received, once all of it has been checked.
  func payload() -> ReceivedPayload? {
    guard isComplete else { return nil }
    return ReceivedPayload(
      contentID: info.contentID, mimeType: info.mimeType, characterSet: info.characterSet, file: file,
      size: file.size, sha256: content.digest())
  }

  func discard() {
    file.discard()
  }
}

/// Writes content to a file, decompressed where needed, and remembers a problem instead of throwing it.
private final class ContentSink: ByteSink {
  private(set) var problem: (code: EbMSCode, reason: String)?
  private let file: SealedSpoolFile
  private let plain: DigestSink
  private let next: any ByteSink

  init(isCompressed: Bool, limits: AS4Limits, file: SealedSpoolFile) {
    self.file = file
    plain = DigestSink(.sha256, next: file)
    next =
      isCompressed
      ? GzipDecompressingSink(outputLimit: limits.payload, ratioLimit: limits.compressionRatio, next: plain)
      : CountingSink(limit: limits.payload, next: plain)
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    try remember { try next.write(bytes) }
  }

  func close() throws {
    try remember { try next.close() }
  }

  /// Of the content, decompressed.
  func digest() -> [UInt8] { plain.digest() }

  private func remember(_ body: () throws -> Void) throws {
    guard problem == nil else { return }
    do {
      try body()
    } catch let gzip as GzipProblem {
      problem = (.decompressionFailure, "\(gzip)")
      file.discard()
    } catch let limit as ByteLimitExceeded {
      problem = (.invalidHeader, "exceeds \(limit.limit) bytes")
      file.discard()
    }
  }
}
