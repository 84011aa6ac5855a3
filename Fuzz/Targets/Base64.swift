import XMLSecurity

/// The whole text and the stream decode the same, and what is decoded encodes to the text again.
@Sendable func fuzzBase64(_ input: [UInt8]) throws {
  let text = String(decoding: input, as: UTF8.self)
  let whole = try? Base64.decode(text)
  let collected = MemorySink()
  let streamed: Void? = try? feed(Array(text.utf8), to: Base64DecodingSink(next: collected))
  require((whole != nil) == (streamed != nil), "both accept")
  guard let whole else { return }
  require(whole == collected.bytes, "both decode the same")
  let canonical = text.utf8.filter { ![0x20, 0x09, 0x0D, 0x0A].contains($0) }
  require(Array(Base64.encode(whole).utf8) == canonical, "one text for the same bytes")
}
