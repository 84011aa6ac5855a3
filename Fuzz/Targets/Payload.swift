import SDKRelay
import XMLSecurity

/// A payload reads the same whole and in pieces.
@Sendable func fuzzPayload(_ input: [UInt8]) throws {
  let whole = try read(input, chunk: max(1, input.count))
  let pieces = try read(input, chunk: nil)
  switch (whole, pieces) {
  case (.valid(let a), .valid(let b)): require(a == b, "the same payload")
  case (.invalid(let a), .invalid(let b)): require(a == b, "the same problems")
  case (.unreadable, .unreadable): break
  default: require(false, "the same verdict")
  }
}

private func read(_ input: [UInt8], chunk: Int?) throws -> PayloadReading {
  let reader = PayloadReader(store: NoAttachments())
  try feed(input, to: reader, chunk: chunk)
  return reader.result()
}
