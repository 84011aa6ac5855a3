extension XMLElement {
  /// The element's canonical form in its document: what its ancestors declare is in scope.
  /// - Parameter omitting: an element that is left out with all it contains (the enveloped-signature transform).
  public func canonical(_ method: Canonicalization, omitting: XMLElement? = nil) -> [UInt8] {
    let collected = MemorySink()
    // A memory sink without limit does not throw, and neither do the events of a tree.
    try? canonicalize(method, into: collected, omitting: omitting)
    return collected.bytes
  }

  /// Writes the element's canonical form into a sink and closes it.
  public func canonicalize(
    _ method: Canonicalization, into sink: any ByteSink, omitting: XMLElement? = nil
  ) throws {
    let canonicalizer = Canonicalizer(
      method, into: sink, ancestors: parent?.namespacesInScope() ?? [],
      inheritedAttributes: inheritedAttributes(method))
    try replay(to: canonicalizer, omitting: omitting)
    try canonicalizer.finish()
  }

  /// Writes the element into a larger document in which these namespaces are declared already, and leaves the sink open.
  public func write(into sink: any ByteSink, declared: [XMLNamespace]) throws {
    let canonicalizer = Canonicalizer(continuing: PartSink(of: sink), declared: declared)
    try replay(to: canonicalizer)
    try canonicalizer.finish()
  }

  /// The `xml:` attributes that an apex takes over from the ancestors that are not part of the output: all of them in
  /// Canonical XML 1.0; `xml:lang` and `xml:space` in 1.1; none in the exclusive form. An `xml:base` above the apex, which
  /// 1.1 would join (§2.4), is refused where a signature is read (``ParsedSignature``).
  private func inheritedAttributes(_ method: Canonicalization) -> [XMLAttribute] {
    if case .exclusive = method { return [] }
    var known = Set(attributes.map(\.name))
    var inherited: [XMLAttribute] = []
    var ancestor = parent
    while let element = ancestor {
      inherited += element.attributes.filter { sameBytes($0.uri, XMLNamespaces.xml) && known.insert($0.name).inserted }
      ancestor = element.parent
    }
    guard method == .inclusive11 else { return inherited }
    return inherited.filter { ["lang", "space"].contains($0.local) }
  }
}
