import XMLSecurity

/// A document reads the same whole and in pieces, the stream, the tree and libxml2's own tree have the same canonical
/// form, and that form is its own.
@Sendable func fuzzXML(_ input: [UInt8]) throws {
  let limits = XMLLimits(totalBytes: 1 << 20)
  let pieces = Result { try streamed(input, .inclusive10, limits) }
  let root = try? XMLElement.parse(input, limits: limits)
  require((root != nil) == ((try? pieces.get()) != nil), "both accept")
  guard let root else { return }
  for method in [Canonicalization.inclusive10, .inclusive11, .exclusive(), .exclusive(prefixes: ["", "a"])] {
    let stream = try streamed(input, method, limits)
    // The tree has no processing instructions.
    let hasInstructions = zip(stream, stream.dropFirst()).contains { $0 == (UInt8(ascii: "<"), UInt8(ascii: "?")) }
    require(hasInstructions || root.canonical(method) == stream, "stream and tree agree")
    let theirs = LibXML2Oracle.canonical(input, method)
    require(stream == theirs || LibXML2Oracle.isWrong(about: stream), "libxml2 agrees")
  }
  let canonical = root.canonical(.inclusive10)
  require((try? XMLElement.parse(canonical, limits: limits))?.canonical(.inclusive10) == canonical, "a fixed point")
}

private func streamed(_ input: [UInt8], _ method: Canonicalization, _ limits: XMLLimits) throws -> [UInt8] {
  let sink = MemorySink()
  let canonicalizer = Canonicalizer(method, into: sink)
  try feed(input, to: XMLStreamParser(limits: limits, handler: canonicalizer))
  try canonicalizer.finish()
  return sink.bytes
}
