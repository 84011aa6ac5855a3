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
  /// Canonical XML 1.0; `xml:lang` and `xml:space` as they are and `xml:base` joined in 1.1 (§2.4); none in the
  /// exclusive form.
  private func inheritedAttributes(_ method: Canonicalization) -> [XMLAttribute] {
    if case .exclusive = method { return [] }
    var inherited: [String: XMLAttribute] = [:]
    var base: [String] = []
    var ancestor = parent
    while let element = ancestor {
      for attribute in element.attributes where attribute.uri == XMLNamespaces.xml {
        if attribute.local == "base" { base.append(attribute.value) }
        if inherited[attribute.local] == nil { inherited[attribute.local] = attribute }
      }
      ancestor = element.parent
    }
    let own = Set(attributes.filter { $0.uri == XMLNamespaces.xml }.map(\.local))
    let missing = inherited.values.filter { !own.contains($0.local) }
    guard method == .inclusive11 else { return missing }
    var attributes = missing.filter { ["lang", "space"].contains($0.local) }
    if !base.isEmpty {
      if let mine = attribute("base", uri: XMLNamespaces.xml) { base.insert(mine, at: 0) }
      let joined = base.reversed().reduce("") { XMLBase.join($1, to: $0) }
      guard !joined.isEmpty else { return attributes }
      attributes.append(XMLAttribute(prefix: "xml", uri: XMLNamespaces.xml, local: "base", value: joined))
    }
    return attributes
  }
}
