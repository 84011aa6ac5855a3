import XMLSecurity

/// Checks a document against a ``ContentModel`` while it streams by, and keeps what is not streamed as a tree.
///
/// It goes on after a problem, so that all are found at once; what stands in a wrong place is not looked into.
final class SchemaValidator: XMLEventHandler {
  /// Something that the schema does not allow, at a place.
  struct Violation {
    let path: String
    let text: String
    /// Whether something stands there that the schema does not have at all, rather than in the wrong number or form.
    let isUnlisted: Bool
  }

  /// The document element, once it has started and is the right one.
  private(set) var root: SchemaNode?
  private(set) var violations: [Violation] = []
  /// Elements without any text, own or inner; the document element does not count.
  private(set) var emptyElements: [String] = []

  private let model: ContentModel
  private let maximumProblems: Int
  private let stream: (SchemaNode) throws -> any ByteSink
  private var open: [OpenElement] = []
  private var namespaces: [XMLNamespace] = []

  /// - Parameter stream: gives the sink for the text of an element that the model streams.
  init(
    _ model: ContentModel, maximumProblems: Int,
    stream: @escaping (SchemaNode) throws -> any ByteSink = { _ in DiscardingSink() }
  ) {
    self.model = model
    self.maximumProblems = maximumProblems
    self.stream = stream
  }

  /// The XPath of the element that is being read.
  var path: String { open.reduce(into: "") { $0 += "/" + $1.step } }

  func start(_ tag: XMLStartTag) throws {
    let outside = namespaces.count
    namespaces.append(contentsOf: tag.namespaces)
    var element = try place(tag)
    element.namespacesOutside = outside
    open.append(element)
    checkAttributes(of: tag)
  }

  func text(_ utf8: UnsafeRawBufferPointer) throws {
    guard let last = open.indices.last else { return }
    if !open[last].hasOwnText, !utf8.allSatisfy(SimpleType.isWhiteSpace) {
      open[last].hasOwnText = true
      if case .sequence = open[last].content {
        report(
          "cvc-complex-type.2.3: Element '\(open[last].step)' cannot have character [children], "
            + "because the type's content type is element-only.")
      }
    }
    if let sink = open[last].sink {
      try sink.write(utf8)
    } else if open[last].keepsText {
      open[last].text.append(contentsOf: utf8)
    }
  }

  func end() throws {
    guard let element = open.last else { return }
    try finish(element)
    if !element.hasText, open.count > 1, !element.content.isIgnored, emptyElements.count < maximumProblems {
      emptyElements.append(path)
    }
    open.removeLast()
    namespaces.removeSubrange(element.namespacesOutside...)
    if let parent = open.indices.last, element.hasText { open[parent].hasInnerText = true }
  }

  // MARK: Places

  private func place(_ tag: XMLStartTag) throws -> OpenElement {
    guard let parent = open.last else { return try placeRoot(tag) }
    switch parent.content {
    case .ignored:
      return OpenElement(.ignored, step: model.step(tag.name))
    case .foreign:
      // Lax processing: an element that the schema declares is validated, anywhere.
      guard tag.name == model.root.name else { return OpenElement(.foreign, step: model.step(tag.name)) }
      return try element(model.root, tag, step: model.step(tag.name), parent: nil, isInTree: false)
    case .simple:
      report(
        "cvc-type.3.1.2: Element '\(parent.step)' is a simple type, "
          + "so it must have no element information item [children].", isUnlisted: true)
      return OpenElement(.ignored, step: model.step(tag.name))
    case .sequence(let particles, let hasTail):
      return try placeChild(tag, of: parent, particles, hasTail: hasTail)
    }
  }

  private func placeRoot(_ tag: XMLStartTag) throws -> OpenElement {
    let step = model.step(tag.name)
    guard tag.name == model.root.name else {
      violations.append(
        Violation(
          path: "/" + step, text: "cvc-elt.1: Cannot find the declaration of element '\(step)'.", isUnlisted: true))
      return OpenElement(.ignored, step: step)
    }
    return try element(model.root, tag, step: step, parent: nil, isInTree: true)
  }

  private func placeChild(
    _ tag: XMLStartTag, of parent: OpenElement, _ particles: [ContentModel.Particle], hasTail: Bool
  ) throws -> OpenElement {
    let last = open.count - 1
    let index = particles.firstIndex { $0.name == tag.name }
    let step = stepOfChild(tag.name, repeats: index.map { particles[$0].maximum > 1 } ?? false)
    if let index, index >= parent.position, !parent.isInTail, parent.countAtPosition(index) < particles[index].maximum {
      let missing = (parent.position..<index).first { parent.countAtPosition($0) < particles[$0].minimum }
      if let missing { report(unexpected(tag.name, expected: particles[missing]), at: step) }
      open[last].advance(to: index)
    } else if index == nil, hasTail, !tag.uri.isEmpty, tag.uri != model.root.name.uri, isComplete(parent, particles) {
      open[last].isInTail = true
      return OpenElement(.foreign, step: step)
    } else {
      let next = parent.isInTail ? nil : particles.dropFirst(parent.position).first
      report(unexpected(tag.name, expected: next), at: step, isUnlisted: index == nil)
    }
    guard let index else { return OpenElement(.ignored, step: step) }
    return try element(particles[index], tag, step: step, parent: parent.node, isInTree: parent.node != nil)
  }

  private func element(
    _ particle: ContentModel.Particle, _ tag: XMLStartTag, step: String, parent: SchemaNode?, isInTree: Bool
  ) throws -> OpenElement {
    var element = OpenElement(particle.type.content.asOpened, step: step)
    element.type = particle.type
    guard isInTree else { return element }
    let node = SchemaNode(particle.name, path: "\(path)/\(step)", attributes: tag.attributes, parent: parent)
    if parent == nil { root = node }
    element.node = node
    if particle.isStreamed { element.sink = try stream(node) }
    return element
  }

  private func stepOfChild(_ name: XMLName, repeats: Bool) -> String {
    let last = open.count - 1
    let number = open[last].numbers[name, default: 0] + 1
    guard model.prefixes[name.uri] != nil else { return model.step(name) }
    open[last].numbers[name] = number
    return model.step(name) + (repeats || number > 1 ? "[\(number)]" : "")
  }

  // MARK: Ends

  private func finish(_ element: OpenElement) throws {
    try element.sink?.close()
    switch element.content {
    case .ignored, .foreign: return
    case .sequence(let particles, _):
      guard !element.isInTail else { return }
      let missing = particles.indices.dropFirst(element.position).first {
        element.countAtPosition($0) < particles[$0].minimum
      }
      guard let missing else { return }
      report(
        "cvc-complex-type.2.4.b: The content of element '\(element.step)' is not complete. "
          + "'\(model.step(particles[missing].name))' is expected.")
    case .simple(let type):
      guard element.keepsText else { return }
      let text = String(decoding: element.text, as: UTF8.self)
      element.node?.text = text
      if let problem = type.problem(with: text) { report(problem) }
    }
  }

  private func isComplete(_ element: OpenElement, _ particles: [ContentModel.Particle]) -> Bool {
    element.isInTail
      || particles.indices.dropFirst(element.position).allSatisfy {
        element.countAtPosition($0) >= particles[$0].minimum
      }
  }

  // MARK: Attributes

  private func checkAttributes(of tag: XMLStartTag) {
    guard let element = open.last, let type = element.type else { return }
    for attribute in tag.attributes {
      switch (attribute.uri, attribute.local) {
      case (Self.instance, "schemaLocation"), (Self.instance, "noNamespaceSchemaLocation"): continue
      case (Self.instance, "type"):
        // No type of the schemas has a derived one that a message could need.
        guard resolve(attribute.value) != type.name || type.name == nil else { continue }
        report("cvc-elt.4.3: The type of attribute 'xsi:type' is not the type of element '\(element.step)'.")
      case (Self.instance, "nil"):
        report("cvc-elt.3.1: Attribute 'xsi:nil' must not appear on element '\(element.step)'.")
      case ("", let local) where type.attributes.contains(local): continue
      default:
        let name = ContentModel.shown(attribute.local)
        report(
          "cvc-complex-type.3.2.2: Attribute '\(name)' is not allowed to appear in element '\(element.step)'.",
          isUnlisted: true)
      }
    }
  }

  /// The expanded name of a QName in content.
  private func resolve(_ qualifiedName: String) -> XMLName? {
    let parts = SimpleType.collapsed(qualifiedName).split(separator: ":", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let local = parts.last else { return nil }
    let prefix = parts.count == 2 ? String(parts[0]) : ""
    let uri = namespaces.last { $0.prefix == prefix }?.uri ?? ""
    return XMLName(uri, String(local))
  }

  // MARK: Problems

  private func unexpected(_ name: XMLName, expected: ContentModel.Particle?) -> String {
    let text = "cvc-complex-type.2.4.a: Invalid content was found starting with element '\(model.step(name))'."
    return expected.map { text + " '\(model.step($0.name))' is expected." } ?? text
  }

  /// Notes a violation at the open element, or at a child of it that is about to open.
  private func report(_ text: String, at child: String? = nil, isUnlisted: Bool = false) {
    guard violations.count < maximumProblems else { return }
    violations.append(Violation(path: path + (child.map { "/" + $0 } ?? ""), text: text, isUnlisted: isUnlisted))
  }

  private static let instance = "http://www.w3.org/2001/XMLSchema-instance"
}

/// What is known of an element while it is open.
private struct OpenElement {
  enum Content {
    case sequence([ContentModel.Particle], tail: Bool)
    case simple(SimpleType)
    /// In the open tail: any elements and text.
    case foreign
    /// Where nothing may stand: not looked into.
    case ignored

    var isIgnored: Bool { if case .ignored = self { true } else { false } }
  }

  let content: Content
  /// The element in XPaths.
  let step: String
  var type: ContentModel.ElementType?
  var node: SchemaNode?
  var sink: (any ByteSink)?
  var text: [UInt8] = []
  var namespacesOutside = 0
  /// The particle that came last, and how often.
  private(set) var position = 0
  private var count = 0
  /// Whether foreign elements have begun, after which no others may come.
  var isInTail = false
  /// How many children of each name there have been.
  var numbers: [XMLName: Int] = [:]
  /// Text other than white space, of its own and in elements within.
  var hasOwnText = false
  var hasInnerText = false

  init(_ content: Content, step: String) {
    self.content = content
    self.step = step
  }

  var hasText: Bool { hasOwnText || hasInnerText }

  /// Texts outside the tree are kept only where their form has to be checked.
  var keepsText: Bool {
    guard sink == nil, case .simple(let type) = content else { return false }
    return node != nil || type != .string
  }

  func countAtPosition(_ index: Int) -> Int { index == position ? count : 0 }

  mutating func advance(to index: Int) {
    count = index == position ? count + 1 : 1
    position = index
  }
}

extension ContentModel.Content {
  fileprivate var asOpened: OpenElement.Content {
    switch self {
    case .sequence(let particles, let tail): .sequence(particles, tail: tail)
    case .simple(let type): .simple(type)
    }
  }
}
