internal import CLibXML2

/// The one parser of XML that comes from outside: libxml2's push parser behind hard limits.
///
/// XML 1.0 in UTF-8, UTF-16, ISO-8859-1 or US-ASCII with namespaces. No document type declaration, so no entities besides
/// the five predefined ones and nothing to fetch. Throws ``XMLProblem``, or what the handler throws.
public final class XMLStreamParser: ByteSink {
  let limits: XMLLimits
  let handler: any XMLEventHandler
  private var context: xmlParserCtxtPtr?
  private var failure: (any Error)?
  private var taken = 0
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

  public init(limits: XMLLimits, handler: any XMLEventHandler) {
    self.limits = limits
    self.handler = handler
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
    var start = 0
    while start < bytes.count {
      let count = min(Self.piece, bytes.count - start)
      try parse(UnsafeRawBufferPointer(rebasing: bytes[start..<start + count]), last: false)
      start += count
      if let input = context?.pointee.input, input.pointee.end - input.pointee.cur > Self.heldBack {
        throw fail(.text)
      }
    }
  }

  public func close() throws {
    if let failure { throw failure }
    try parse(UnsafeRawBufferPointer(start: nil, count: 0), last: true)
    guard sawRoot, openElements.isEmpty, context?.pointee.wellFormed == 1 else { throw fail(.notWellFormed) }
  }

  private func parse(_ bytes: UnsafeRawBufferPointer, last: Bool) throws {
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
    try checkDeclaration(version: context?.pointee.version, encoding: context?.pointee.encoding)
  }

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
    handler.comment = { data, text in forward(data) { try $0.comment(text) } }
    handler.processingInstruction = { data, target, content in
      forward(data) { try $0.processingInstruction(target, content) }
    }
    handler.serror = { data, error in
      guard let error, error.pointee.level.rawValue >= XML_ERR_ERROR.rawValue else { return }
      forward(data) { _ in throw XMLProblem.Kind.notWellFormed }
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
