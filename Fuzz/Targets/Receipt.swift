import SDKRelay
import XMLSecurity

/// A receipt that is valid can be written and read again.
@Sendable func fuzzReceipt(_ input: [UInt8]) throws {
  guard case .valid(let receipt) = ReceiptReader.read(input) else { return }
  guard let written = try? ReceiptWriter.write(receipt) else { return }
  guard case .valid = ReceiptReader.read(written) else { return require(false, "what is written is valid") }
}
