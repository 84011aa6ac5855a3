internal import CLibXML2

/// The one parser of XML that comes from outside: libxml2's push parser behind hard limits.
///
/// XML 1.0 in UTF-8, UTF-16, ISO-8859-1 or US-ASCII with namespaces that have absolute names. No document type declaration, so no entities besides
/// the five predefined ones and nothing to fetch. Throws ``XMLProblem``, or what the handler throws.
public final class XMLStreamParser: ByteSink {
  let limits: XMLLimits
  let handler: any XMLEventHandler
  private var context: xmlParserCtxtPtr?
  private var failure: (any Error)?
  private var taken = 0
  private var firstBytes: [UInt8] = []
  private(set) var encoding: XMLEncoding?
  var names: [UnsafePointer<xmlChar>: String] = [:]
  var openElements: [OpenElement] = []
  var elements = 0
  var sawRoot = false

  /// What is counted for an element while it is open.
  struct OpenElement {
    var textLeft: Int
    let namespacesInScope: Int
  }

  // libxml2 holds back an unfinished tag or comment. Its duplicate check is quadratic in the attributes of a tag, so
  // what it may hold back is bounded before it gets there.
  private static let piece = 16 * 1024
  private static let heldBack = 64 * 1024
  // In a CDATA section each call costs a search through all that is held back.
  private static let sectionPiece = 2 * 1024

  public init(limits: XMLLimits, handler: any XMLEventHandler) {
    self.limits = limits
    self.handler = handler
    Self.prepareLibrary
    sdk_silence()
    var callbacks = Self.callbacks
    context = xmlCreatePushParserCtxt(&callbacks, Unmanaged.passUnretained(self).toOpaque(), nil, 0, nil)
    // NOENT: without it libxml2 hands over "&amp;" in an attribute as "&#38;", for its own tree to read a second time.
    // There is nothing else to replace, since no document type declaration gets past `internalSubset`.
    xmlCtxtUseOptions(context, Int32(XML_PARSE_NONET.rawValue | XML_PARSE_NOENT.rawValue))
  }

  deinit {
    xmlFreeParserCtxt(context)
  }

  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    if let failure { throw failure }
    guard bytes.count <= limits.totalBytes - taken else { throw fail(.size) }
    taken += bytes.count
    try recogniseEncoding(bytes)
    var start = 0
    while start < bytes.count {
      let count = min(isInSection ? Self.sectionPiece : Self.piece, bytes.count - start)
      try parse(UnsafeRawBufferPointer(rebasing: bytes[start..<start + count]), last: false)
      start += count
      try passOnSection()
      guard held <= Self.heldBack else { throw fail(.markup) }
    }
  }

  /// Before libxml2 has seen enough to choose a decoder.
  private func recogniseEncoding(_ bytes: UnsafeRawBufferPointer) throws {
    guard encoding == nil, firstBytes.count < 4 else { return }
    firstBytes += bytes.prefix(4 - firstBytes.count)
    guard firstBytes.count == 4 else { return }
    encoding = XMLEncoding(firstBytes: firstBytes)
    guard encoding != nil else { throw fail(.encoding) }
  }

  private var isInSection: Bool { context?.pointee.instate == XML_PARSER_CDATA_SECTION }

  /// The bytes that libxml2 has taken and not passed on.
  private var held: Int {
    guard let input = context?.pointee.input else { return 0 }
    return input.pointee.end - input.pointee.cur
  }

  /// libxml2 looks at an unfinished CDATA section again only when a ">" comes, and then passes on 300 bytes: a large one
  /// would be held back whole. Asked to go on without new bytes, it passes on 300 each time.
  private func passOnSection() throws {
    while isInSection {
      let before = held
      try parse(UnsafeRawBufferPointer(start: nil, count: 0), last: false)
      if held == before { return }
    }
  }

  public func close() throws {
    if let failure { throw failure }
    try parse(UnsafeRawBufferPointer(start: nil, count: 0), last: true)
    guard sawRoot, openElements.isEmpty, context?.pointee.wellFormed == 1 else { throw fail(.notWellFormed) }
  }

  private func parse(_ bytes: UnsafeRawBufferPointer, last: Bool) throws {
    sdk_silence()
    let status = xmlParseChunk(
      context, bytes.bindMemory(to: CChar.self).baseAddress, Int32(bytes.count), last ? 1 : 0)
    if let failure { throw failure }
    guard status == 0 else { throw fail(.notWellFormed) }
  }

  private func fail(_ kind: XMLProblem.Kind) -> any Error {
    let problem = XMLProblem(kind: kind, line: max(1, Int(context?.pointee.input?.pointee.line ?? 1)))
    stop(problem)
    return failure ?? problem
  }

  private func stop(_ error: any Error) {
    if failure == nil { failure = error }
    xmlStopParser(context)
  }

  /// Runs what a callback does; the first error ends the parse, and no callback does anything afterwards.
  fileprivate func attempt(_ work: () throws -> Void) {
    guard failure == nil else { return }
    do {
      try work()
    } catch let kind as XMLProblem.Kind {
      _ = fail(kind)
    } catch {
      stop(error)
    }
  }

  /// A name from the parser's dictionary, whose pointers stay the same as long as the parser lives.
  func name(_ pointer: UnsafePointer<xmlChar>?) throws -> String {
    guard let pointer else { return "" }
    if let known = names[pointer] { return known }
    guard names.count < limits.distinctNames else { throw XMLProblem.Kind.names }
    let text = String(cString: pointer)
    names[pointer] = text
    return text
  }

  /// A name within the limit for names.
  func shortName(_ pointer: UnsafePointer<xmlChar>?) throws -> String {
    let text = try name(pointer)
    guard text.utf8.count <= limits.nameBytes else { throw XMLProblem.Kind.name }
    return text
  }

  fileprivate func checkDeclaration() throws {
    // libxml2 keeps the name of an encoding that it had to change to with the input.
    let declared = context?.pointee.input?.pointee.encoding ?? context?.pointee.encoding
    try checkDeclaration(version: context?.pointee.version, encoding: declared)
  }

  /// The byte behind a piece of a CDATA section, which libxml2 hands over in its own buffer.
  fileprivate func byte(after end: UnsafePointer<xmlChar>) -> UInt8? {
    guard let input = context?.pointee.input, end >= input.pointee.cur, end < input.pointee.end else { return nil }
    return end.pointee
  }

  /// Once: nothing is ever fetched, whoever asks.
  private static let prepareLibrary: Void = {
    xmlInitParser()
    xmlSetExternalEntityLoader { _, _, _ in nil }
  }()

  private static var callbacks: xmlSAXHandler {
    var handler = xmlSAXHandler()
    handler.initialized = XML_SAX2_MAGIC
    handler.startDocument = { data in forward(data) { try $0.checkDeclaration() } }
    // A document type declaration is refused before its first entity is read.
    handler.internalSubset = { data, _, _, _ in forward(data) { _ in throw XMLProblem.Kind.documentType } }
    handler.startElementNs = { data, local, prefix, uri, namespaceCount, namespaces, attributeCount, _, attributes in
      forward(data) {
        try $0.startElement(
          local, prefix, uri, UnsafeBufferPointer(start: namespaces, count: 2 * Int(namespaceCount)),
          UnsafeBufferPointer(start: attributes, count: 5 * Int(attributeCount)))
      }
    }
    handler.endElementNs = { data, _, _, _ in forward(data) { try $0.endElement() } }
    // The same function for both: libxml2 then makes no difference between white space and other text.
    handler.characters = charactersCallback
    handler.ignorableWhitespace = charactersCallback
    handler.cdataBlock = { data, text, length in
      guard let text else { return }
      let piece = UnsafeRawBufferPointer(start: text, count: Int(length))
      forward(data) { try $0.section(piece, next: $0.byte(after: text + Int(length))) }
    }
    handler.comment = { data, text in forward(data) { try $0.comment(text) } }
    handler.processingInstruction = { data, target, content in
      forward(data) { try $0.processingInstruction(target, content) }
    }
    handler.serror = { data, error in
      guard let error, error.pointee.level.rawValue >= XML_ERR_ERROR.rawValue else { return }
      let isNamespaceName = error.pointee.code == Int32(XML_WAR_NS_URI.rawValue)
      forward(data) { _ in throw isNamespaceName ? XMLProblem.Kind.namespaceName : .notWellFormed }
    }
    return handler
  }
}

private let charactersCallback: charactersSAXFunc = { data, text, length in
  forward(data) { try $0.characters(UnsafeRawBufferPointer(start: text, count: Int(length))) }
}

/// Runs what a callback does for the parser behind libxml2's user data.
private func forward(_ data: UnsafeMutableRawPointer?, _ work: (XMLStreamParser) throws -> Void) {
  guard let data else { return }
  let parser = Unmanaged<XMLStreamParser>.fromOpaque(data).takeUnretainedValue()
  parser.attempt { try work(parser) }
}
