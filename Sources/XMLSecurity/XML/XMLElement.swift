/// What stands in an element.
public enum XMLChild {
  case element(XMLElement)
  case text(String)
}

/// An element of a small document that is held as a tree: headers, signatures, receipts. Comments and processing
/// instructions are left out, so that text is always read whole.
public final class XMLElement {
  /// The name's prefix as written; empty where there is none.
  public let prefix: String
  /// The name's namespace; empty where there is none.
  public let uri: String
  /// The name's local part.
  public let local: String
  /// What is declared on this very element.
  public let namespaces: [XMLNamespace]
  /// The attributes without namespace declarations, in document order.
  public private(set) var attributes: [XMLAttribute]
  /// Elements and text in document order.
  public private(set) var children: [XMLChild] = []
  /// The element round this one, for as long as somebody holds the document.
  public private(set) weak var parent: XMLElement?

  /// - Parameter qualifiedName: the name as written, such as `ds:Signature`.
  public init(
    _ qualifiedName: String, uri: String, namespaces: [XMLNamespace] = [], attributes: [XMLAttribute] = []
  ) {
    let parts = qualifiedName.split(separator: ":", maxSplits: 1).map(String.init)
    prefix = parts.count == 2 ? parts[0] : ""
    local = parts.last ?? ""
    self.uri = uri
    self.namespaces = namespaces
    self.attributes = attributes
  }

  init(_ tag: XMLStartTag) {
    prefix = tag.prefix
    uri = tag.uri
    local = tag.local
    namespaces = tag.namespaces
    attributes = tag.attributes
  }

  /// The expanded name.
  public var name: XMLName { XMLName(uri, local) }
  var tag: XMLStartTag {
    XMLStartTag(prefix: prefix, uri: uri, local: local, namespaces: namespaces, attributes: attributes)
  }

  // MARK: Reading

  /// The text directly in this element.
  public var text: String {
    children.reduce(into: "") { if case .text(let text) = $1 { $0 += text } }
  }

  /// The child elements in document order.
  public var elements: [XMLElement] {
    children.compactMap { if case .element(let element) = $0 { element } else { nil } }
  }

  /// The first child element with the name.
  public func child(_ name: XMLName) -> XMLElement? {
    elements.first { $0.name == name }
  }

  /// The child elements with the name.
  public func children(_ name: XMLName) -> [XMLElement] {
    elements.filter { $0.name == name }
  }

  /// The value of an attribute, or nil where it is missing.
  public func attribute(_ local: String, uri: String = "") -> String? {
    attributes.first { $0.name == XMLName(uri, local) }?.value
  }

  /// The declarations in scope here, own ones included, the nearest last.
  public func namespacesInScope() -> [XMLNamespace] {
    (parent?.namespacesInScope() ?? []) + namespaces
  }

  /// Where the element stands, as an XPath of local names with positions where names repeat.
  public var path: String {
    guard let parent else { return "/\(local)" }
    let alike = parent.children(name)
    let position = alike.count > 1 ? alike.firstIndex { $0 === self }.map { "[\($0 + 1)]" } ?? "" : ""
    return "\(parent.path)/\(local)\(position)"
  }

  /// The document element.
  public var root: XMLElement { parent?.root ?? self }

  /// This element and all elements in it, in document order.
  public var descendants: [XMLElement] {
    [self] + elements.flatMap(\.descendants)
  }

  // MARK: Building

  /// Puts a child element last and returns it.
  @discardableResult
  public func append(_ child: XMLElement) -> XMLElement {
    insert(child, at: children.count)
  }

  /// Puts a child element before the child with this index and returns it.
  @discardableResult
  public func insert(_ child: XMLElement, at index: Int) -> XMLElement {
    child.parent = self
    children.insert(.element(child), at: index)
    return child
  }

  /// Puts text last.
  public func append(text: String) {
    if case .text(let before) = children.last {
      children.removeLast()
      return children.append(.text(before + text))
    }
    children.append(.text(text))
  }

  /// Takes a child element out of the tree.
  public func remove(_ child: XMLElement) {
    children.removeAll { if case .element(let element) = $0 { element === child } else { false } }
    child.parent = nil
  }

  /// Gives the element the attribute, instead of one of the same name.
  public func setAttribute(_ attribute: XMLAttribute) {
    attributes.removeAll { $0.name == attribute.name }
    attributes.append(attribute)
  }

  // MARK: Parsing and writing

  /// Reads a document. Throws ``XMLProblem``.
  public static func parse(_ bytes: [UInt8], limits: XMLLimits) throws -> XMLElement {
    let builder = XMLTreeBuilder()
    let parser = XMLStreamParser(limits: limits, handler: builder)
    try parser.write(bytes)
    try parser.close()
    guard let root = builder.root else { throw XMLProblem(kind: .notWellFormed, line: 1) }
    return root
  }

  /// The element as a document of its own, which reads back as the same tree. What it inherits is declared on it.
  public func serialized(declaration: Bool = true) -> [UInt8] {
    let head = declaration ? Array("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".utf8) : []
    return head + canonical(.inclusive10)
  }

  /// Sends the element's events to a handler.
  func replay(to handler: any XMLEventHandler, omitting omitted: XMLElement? = nil) throws {
    guard self !== omitted else { return }
    try handler.start(tag)
    for child in children {
      switch child {
      case .element(let element): try element.replay(to: handler, omitting: omitted)
      case .text(let text):
        var text = text
        try text.withUTF8 { try handler.text(UnsafeRawBufferPointer($0)) }
      }
    }
    try handler.end()
  }
}

/// Builds a tree from events.
public final class XMLTreeBuilder: XMLEventHandler {
  /// The document element, once it has started.
  public private(set) var root: XMLElement?
  private var open: [XMLElement] = []
  private var pendingText: [UInt8] = []

  public init() {}

  /// Whether every element that has started has ended.
  public var isComplete: Bool { root != nil && open.isEmpty }

  public func start(_ tag: XMLStartTag) throws {
    takeText()
    let element = XMLElement(tag)
    open.last?.append(element)
    if root == nil { root = element }
    open.append(element)
  }

  public func text(_ utf8: UnsafeRawBufferPointer) throws {
    pendingText.append(contentsOf: utf8)
  }

  public func end() throws {
    takeText()
    open.removeLast()
  }

  /// Pieces may end within a character, so text is decoded only when it is whole.
  private func takeText() {
    guard !pendingText.isEmpty else { return }
    open.last?.append(text: String(decoding: pendingText, as: UTF8.self))
    pendingText.removeAll(keepingCapacity: true)
  }
}
