import XMLSecurity

/// A schema as data: which elements stand in which order, and what they contain.
///
/// One table drives validation, XPaths and the building of values, so that the three cannot disagree. It knows what the
/// federation's schemas use of XML Schema 1.0: sequences, an open tail of foreign elements, and built-in simple types.
struct ContentModel: Sendable {
  /// The document element.
  let root: Particle
  /// The prefixes that XPaths use, by namespace.
  let prefixes: [String: String]

  /// An element in a sequence.
  struct Particle: Sendable {
    let name: XMLName
    let type: ElementType
    let minimum: Int
    let maximum: Int
    /// Whether the text goes to a sink instead of into the tree.
    let isStreamed: Bool

    init(_ name: XMLName, _ type: ElementType, _ minimum: Int = 1, _ maximum: Int = 1, isStreamed: Bool = false) {
      self.name = name
      self.type = type
      self.minimum = minimum
      self.maximum = maximum
      self.isStreamed = isStreamed
    }
  }

  struct ElementType: Sendable {
    /// The name under which `xsi:type` may repeat the type; nil for a type without name.
    let name: XMLName?
    let content: Content
    /// The attributes without namespace that may stand on the element.
    let attributes: Set<String>

    init(_ name: XMLName?, _ content: Content, attributes: Set<String> = []) {
      self.name = name
      self.content = content
      self.attributes = attributes
    }
  }

  enum Content: Sendable {
    /// Elements only. The tail is `xs:any namespace="##other"`: any number of elements of other namespaces, at the end.
    case sequence([Particle], tail: Bool)
    case simple(SimpleType)
  }

  /// The name as XPaths write it.
  func step(_ name: XMLName) -> String {
    let local = Self.shown(name.local)
    guard let prefix = prefixes[name.uri] else { return "*[local-name()='\(local)']" }
    return prefix.isEmpty ? local : "\(prefix):\(local)"
  }

  /// A name from outside as problems may show it: the names of a schema are short and in ASCII.
  static func shown(_ name: String) -> String {
    let isPlain = name.utf8.count <= 64 && name.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x27 }
    return isPlain ? name : "…"
  }
}

/// An element that stands where the schema has it.
final class SchemaNode {
  let name: XMLName
  let attributes: [XMLAttribute]
  private let step: String
  private(set) weak var parent: SchemaNode?
  private(set) var children: [SchemaNode] = []
  /// The text of a simple type; empty where it was streamed.
  var text = ""

  init(_ name: XMLName, step: String, attributes: [XMLAttribute], parent: SchemaNode?) {
    self.name = name
    self.step = step
    self.attributes = attributes
    self.parent = parent
    parent?.children.append(self)
  }

  /// The XPath; only problems need it.
  var path: String { (parent?.path ?? "") + "/" + step }

  /// The first child of that name.
  subscript(local: String) -> SchemaNode? { children.first { $0.name.local == local } }

  func all(_ local: String) -> [SchemaNode] { children.filter { $0.name.local == local } }

  /// All nodes down the path, in document order.
  func find(_ path: String...) -> [SchemaNode] {
    path.reduce([self]) { nodes, local in nodes.flatMap { $0.all(local) } }
  }
}
