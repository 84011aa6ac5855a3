import CLibXML2
import XMLSecurity

/// libxml2's own canonicalization of its own tree: the oracle for ours.
enum LibXML2Oracle {
  /// The canonical form of a document, or of the n-th element in it with what it contains.
  static func canonical(_ document: [UInt8], _ method: Canonicalization, subtree: Int? = nil) -> [UInt8]? {
    guard let parsed = parse(document) else { return nil }
    defer { xmlFreeDoc(parsed) }
    let apex = subtree.flatMap { nth($0, in: xmlDocGetRootElement(parsed)) }
    if subtree != nil && apex == nil { return nil }
    guard let buffer = xmlAllocOutputBuffer(nil) else { return nil }
    defer { xmlOutputBufferClose(buffer) }
    let mode: xmlC14NMode
    var prefixes: [String] = []
    switch method {
    case .inclusive10: mode = XML_C14N_1_0
    case .inclusive11: mode = XML_C14N_1_1
    case .exclusive(let list):
      mode = XML_C14N_EXCLUSIVE_1_0
      prefixes = list.map { $0.isEmpty ? "#default" : $0 }
    }
    let result = withCStrings(prefixes) { list in
      xmlC14NExecute(
        parsed, isVisible, apex.map { UnsafeMutableRawPointer($0) }, Int32(mode.rawValue),
        prefixes.isEmpty ? nil : list, 0, buffer)
    }
    guard result >= 0, let content = xmlOutputBufferGetContent(buffer) else { return nil }
    return Array(UnsafeBufferPointer(start: content, count: xmlOutputBufferGetSize(buffer)))
  }

  /// libxml2 writes a namespace's name as it is, so that the output is no XML any more where that has an ampersand, and
  /// in 1.1 it drops an empty `xml:base` wherever it stands. Canonical XML does neither (1.0 §2.3, 1.1 §2.4).
  static func isWrong(about canonical: [UInt8]) -> Bool {
    String(decoding: canonical, as: UTF8.self).contains(/\sxmlns(:[^="]+)?="[^"]*&|\sxml:base=""/)
  }

  /// The tree of a document that is well-formed, its namespaces included.
  private static func parse(_ document: [UInt8]) -> xmlDocPtr? {
    let options =
      XML_PARSE_NOENT.rawValue | XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue
      | XML_PARSE_NOWARNING.rawValue
    guard let context = xmlNewParserCtxt() else { return nil }
    defer { xmlFreeParserCtxt(context) }
    let parsed = document.withUnsafeBytes {
      xmlCtxtReadMemory(context, $0.bindMemory(to: CChar.self).baseAddress, Int32($0.count), nil, nil, Int32(options))
    }
    guard context.pointee.wellFormed == 1, context.pointee.nsWellFormed == 1 else {
      xmlFreeDoc(parsed)
      return nil
    }
    return parsed
  }

  /// Whether a node belongs to the apex's subtree; attributes and namespaces go with their element.
  private static let isVisible: xmlC14NIsVisibleCallback = { apex, node, parent in
    guard let apex else { return 1 }
    var current = node
    if let node, node.pointee.type == XML_NAMESPACE_DECL || node.pointee.type == XML_ATTRIBUTE_NODE { current = parent }
    while let node = current {
      if UnsafeMutableRawPointer(node) == apex { return 1 }
      current = node.pointee.parent
    }
    return 0
  }

  private static func nth(_ index: Int, in root: xmlNodePtr?) -> xmlNodePtr? {
    var remaining = index
    func walk(_ node: xmlNodePtr?) -> xmlNodePtr? {
      guard let node, node.pointee.type == XML_ELEMENT_NODE else { return nil }
      if remaining == 0 { return node }
      remaining -= 1
      var child = node.pointee.children
      while let current = child {
        if let found = walk(current) { return found }
        child = current.pointee.next
      }
      return nil
    }
    return walk(root)
  }

  private static func withCStrings<R>(
    _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<xmlChar>?>?) -> R
  ) -> R {
    var pointers: [UnsafeMutablePointer<xmlChar>?] = strings.map { xmlStrdup(Array($0.utf8) + [0]) }
    pointers.append(nil)
    defer { for pointer in pointers { if let pointer { sdk_xmlFree(pointer) } } }
    return pointers.withUnsafeMutableBufferPointer { body($0.baseAddress) }
  }
}
