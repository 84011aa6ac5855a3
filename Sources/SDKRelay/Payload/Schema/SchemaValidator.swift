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
  /// Attributes without any text, on elements that the schema has.
  private(set) var emptyAttributes: [String] = []
  /// Whether texts are still kept and their forms checked: not for a document that is refused whatever they are.
  var keepsText = true

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

  /// The XPath of the element that is being read, or of the nearest listed one round it where that would be longer than
  /// a receipt has room for.
  var path: String { path(to: nil) }

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
    if !open[last].hasOwnText, !utf8.allSatisfy(isXMLSpace) {
      open[last].hasOwnText = true
      if case .sequence = open[last].content {
        report(
          "cvc-complex-type.2.3: Element '\(open[last].step)' cannot have character [children], "
            + "because the type's content type is element-only.")
      }
    }
    if let sink = open[last].sink {
      try sink.write(utf8)
    } else if keepsText, open[last].keepsText {
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
    guard let content = open.last?.content else { return try placeRoot(tag) }
    switch content {
    case .ignored:
      return OpenElement(.ignored, step: model.step(tag.name))
    case .foreign:
      // Lax processing: an element that the schema declares is validated, anywhere.
      guard tag.name == model.root.name else { return OpenElement(.foreign, step: model.step(tag.name)) }
      return try element(model.root, tag, step: model.step(tag.name), parent: nil, isInTree: false)
    case .simple:
      report(
        "cvc-type.3.1.2: Element '\(open[open.count - 1].step)' is a simple type, "
          + "so it must have no element information item [children].", isUnlisted: true)
      return OpenElement(.ignored, step: model.step(tag.name))
    case .sequence(let particles, let hasTail):
      return try placeChild(tag, particles, hasTail: hasTail)
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

  /// Where a child of the open element, a sequence, stands in it.
  private func placeChild(
    _ tag: XMLStartTag, _ particles: [ContentModel.Particle], hasTail: Bool
  ) throws -> OpenElement {
    // No copy of the open element lives on while it is changed: its numbers would be copied for every child.
    let last = open.count - 1
    guard let index = particles.firstIndex(where: { $0.name == tag.name }) else {
      let step = model.step(tag.name)
      guard hasTail, !tag.uri.isEmpty, tag.uri != model.root.name.uri, open[last].isComplete(particles) else {
        report(unexpected(tag.name, expected: open[last].next(of: particles)), at: step, isUnlisted: true)
        return OpenElement(.ignored, step: step)
      }
      open[last].isInTail = true
      return OpenElement(.foreign, step: step)
    }
    let step = stepOfChild(particles[index], at: index)
    if open[last].takes(particles[index], at: index) {
      let missing = open[last].missing(of: particles[..<index])
      if let missing { report(unexpected(tag.name, expected: missing), at: step) }
      open[last].advance(to: index)
    } else {
      report(unexpected(tag.name, expected: open[last].next(of: particles)), at: step)
    }
    let parent = open[last].node
    return try element(particles[index], tag, step: step, parent: parent, isInTree: parent != nil)
  }

  private func element(
    _ particle: ContentModel.Particle, _ tag: XMLStartTag, step: String, parent: SchemaNode?, isInTree: Bool
  ) throws -> OpenElement {
    var element = OpenElement(particle.type.content.asOpened, step: step)
    element.type = particle.type
    guard isInTree else { return element }
    let node = SchemaNode(particle.name, step: step, attributes: tag.attributes, parent: parent)
    if parent == nil { root = node }
    element.node = node
    if particle.isStreamed { element.sink = try stream(node) }
    return element
  }

  /// The step to a child that the sequence lists; only these are counted.
  private func stepOfChild(_ particle: ContentModel.Particle, at index: Int) -> String {
    let number = open[open.count - 1].number(at: index)
    return model.step(particle.name) + (particle.maximum > 1 || number > 1 ? "[\(number)]" : "")
  }

  // MARK: Ends

  private func finish(_ element: OpenElement) throws {
    try element.sink?.close()
    switch element.content {
    case .ignored, .foreign: return
    case .sequence(let particles, _):
      guard !element.isInTail else { return }
      guard let missing = element.missing(of: particles[...]) else { return }
      report(
        "cvc-complex-type.2.4.b: The content of element '\(element.step)' is not complete. "
          + "'\(model.step(missing.name))' is expected.")
    case .simple(let type):
      guard keepsText, element.keepsText else { return }
      let text = String(decoding: element.text, as: UTF8.self)
      element.node?.text = text
      if let problem = type.problem(with: text) { report(problem) }
    }
  }

  // MARK: Attributes

  private func checkAttributes(of tag: XMLStartTag) {
    guard let element = open.last, let type = element.type else { return }
    for attribute in tag.attributes {
      if attribute.value.trimmingXMLSpace.isEmpty, emptyAttributes.count < maximumProblems {
        emptyAttributes.append(path(to: "@" + ContentModel.shown(attribute.local)))
      }
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
    let parts = qualifiedName.trimmingXMLSpace.split(separator: ":", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let local = parts.last else { return nil }
    let prefix = parts.count == 2 ? String(parts[0]) : ""
    let uri = namespaces.last { sameBytes($0.prefix, prefix) }?.uri ?? ""
    return XMLName(uri, String(local))
  }

  // MARK: Problems

  private func unexpected(_ name: XMLName, expected: ContentModel.Particle?) -> String {
    let text = "cvc-complex-type.2.4.a: Invalid content was found starting with element '\(model.step(name))'."
    return expected.map { text + " '\(model.step($0.name))' is expected." } ?? text
  }

  /// Notes a violation at the open element, or at a child of it that is about to open.
  private func report(_ text: @autoclosure () -> String, at child: String? = nil, isUnlisted: Bool = false) {
    guard violations.count < maximumProblems else { return }
    violations.append(Violation(path: path(to: child), text: text(), isUnlisted: isUnlisted))
  }

  private func path(to child: String?) -> String {
    let steps = open.map(\.step) + [child].compactMap(\.self)
    let path = steps.reduce(into: "") { $0 += "/" + $1 }
    guard path.utf8.count > Self.longestPath else { return path }
    return open.last { $0.node != nil }?.node?.path ?? PayloadProblem.nowhere
  }

  /// In bytes: fifty problems must find room in one receipt, with their texts.
  private static let longestPath = 1_024

  private static let instance = "http://www.w3.org/2001/XMLSchema-instance"
}
