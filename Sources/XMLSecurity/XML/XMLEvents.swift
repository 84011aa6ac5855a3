/// An expanded name: namespace and local part (Namespaces in XML 1.0 §2.1), compared byte by byte.
public struct XMLName: Hashable, Sendable {
  /// The namespace's URI; empty for a name in no namespace.
  public let uri: String
  /// The part after the prefix.
  public let local: String

  public init(_ uri: String, _ local: String) {
    self.uri = uri
    self.local = local
  }

  public static func == (a: Self, b: Self) -> Bool { sameBytes(a.local, b.local) && sameBytes(a.uri, b.uri) }

  public func hash(into hasher: inout Hasher) {
    uri.hashBytes(into: &hasher)
    local.hashBytes(into: &hasher)
  }
}

/// A namespace declaration, compared byte by byte.
public struct XMLNamespace: Hashable, Sendable {
  /// The prefix; empty for the default namespace.
  public let prefix: String
  /// The URI; empty where the default namespace is undeclared.
  public let uri: String

  public init(prefix: String, uri: String) {
    self.prefix = prefix
    self.uri = uri
  }

  public static func == (a: Self, b: Self) -> Bool { sameBytes(a.prefix, b.prefix) && sameBytes(a.uri, b.uri) }

  public func hash(into hasher: inout Hasher) {
    prefix.hashBytes(into: &hasher)
    uri.hashBytes(into: &hasher)
  }
}

/// An attribute that is no namespace declaration, its value normalised by the parser. Compared byte by byte.
public struct XMLAttribute: Hashable, Sendable {
  /// The prefix as written; empty where there is none.
  public let prefix: String
  /// The namespace's URI; empty for an attribute without prefix.
  public let uri: String
  /// The part after the prefix.
  public let local: String
  /// The value without references and with spaces for line ends and tabs.
  public let value: String

  public init(prefix: String = "", uri: String = "", local: String, value: String) {
    self.prefix = prefix
    self.uri = uri
    self.local = local
    self.value = value
  }

  public static func == (a: Self, b: Self) -> Bool {
    a.name == b.name && sameBytes(a.prefix, b.prefix) && sameBytes(a.value, b.value)
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    value.hashBytes(into: &hasher)
  }

  /// The expanded name.
  public var name: XMLName { XMLName(uri, local) }
  var qualifiedName: String { prefix.isEmpty ? local : "\(prefix):\(local)" }
}

/// The start of an element.
public struct XMLStartTag: Sendable {
  /// The name's prefix as written; empty where there is none.
  public let prefix: String
  /// The name's namespace; empty where there is none.
  public let uri: String
  /// The name's local part.
  public let local: String
  /// What is declared on this very element, in document order.
  public let namespaces: [XMLNamespace]
  /// The attributes without namespace declarations, in document order.
  public let attributes: [XMLAttribute]

  public init(
    prefix: String = "", uri: String, local: String, namespaces: [XMLNamespace] = [], attributes: [XMLAttribute] = []
  ) {
    self.prefix = prefix
    self.uri = uri
    self.local = local
    self.namespaces = namespaces
    self.attributes = attributes
  }

  /// The expanded name.
  public var name: XMLName { XMLName(uri, local) }
  var qualifiedName: String { prefix.isEmpty ? local : "\(prefix):\(local)" }

  /// The value of an attribute, or nil where it is missing.
  public func attribute(_ local: String, uri: String = "") -> String? {
    attributes.first { $0.name == XMLName(uri, local) }?.value
  }
}

/// Takes the events of one document in order.
///
/// What a handler throws ends the parse and reaches the parser's caller unchanged.
public protocol XMLEventHandler: AnyObject {
  /// The start of an element.
  func start(_ tag: XMLStartTag) throws
  /// Character data in UTF-8, in pieces of any size; CDATA sections and character references come as text.
  func text(_ utf8: UnsafeRawBufferPointer) throws
  /// The end of the element that was started last and has not ended.
  func end() throws
  /// A comment, which never divides text for a reader.
  func comment(_ text: String) throws
  /// A processing instruction.
  func processingInstruction(_ target: String, _ data: String) throws
}

extension XMLEventHandler {
  public func comment(_ text: String) throws {}
  public func processingInstruction(_ target: String, _ data: String) throws {}
}
