import Foundation
import SDKRelay
import XMLSecurity

/// An envelope from the file to the payload. Its signer need not be trusted, so that opening is reached too.
@Sendable func fuzzXHE(_ input: [UInt8]) throws {
  let envelope = try ReceivedEnvelope.read(file(input), maximumBytes: 1 << 20)
  if !envelope.isSigned { _ = try? envelope.openUnsigned(into: DiscardingSink()) }
  let verified = try envelope.verify(.signatureOnly, at: Date(timeIntervalSince1970: 0))
  _ = verified.encryptedKeyDigest
  _ = try verified.open(with: xheKeys, into: DiscardingSink())
}

private let xheKeys: [PrivateKey] = {
  do {
    return [try Seeds.recipient().privateKey]
  } catch {
    fatalError("the fuzz keys cannot be read: \(error)")
  }
}()
