import XMLSecurity

/// A generator of the same numbers for the same seed (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}

/// A tree that can be changed anywhere, and knows nothing of any schema.
final class MutableXML: XMLEventHandler {
  var name: String
  var attributes: [(name: String, value: String)]
  var children: [Child] = []
  private var open: [MutableXML] = []

  enum Child {
    case element(MutableXML)
    case text(String)
  }

  init(_ name: String, _ attributes: [(name: String, value: String)] = [], text: String? = nil) {
    self.name = name
    self.attributes = attributes
    if let text { children = [.text(text)] }
  }

  static func parse(_ xml: String) throws -> MutableXML {
    let holder = MutableXML("")
    holder.open = [holder]
    let parser = XMLStreamParser(limits: XMLLimits(totalBytes: 1 << 24), handler: holder)
    try parser.write(xml)
    try parser.close()
    guard case .element(let root)? = holder.children.first else { return holder }
    return root
  }

  func start(_ tag: XMLStartTag) {
    let qualified = { (prefix: String, local: String) in prefix.isEmpty ? local : "\(prefix):\(local)" }
    let declared = tag.namespaces.map { ($0.prefix.isEmpty ? "xmlns" : "xmlns:\($0.prefix)", $0.uri) }
    let element = MutableXML(
      qualified(tag.prefix, tag.local), declared + tag.attributes.map { (qualified($0.prefix, $0.local), $0.value) })
    open.last?.children.append(.element(element))
    open.append(element)
  }

  func text(_ utf8: UnsafeRawBufferPointer) {
    open.last?.children.append(.text(String(decoding: utf8, as: UTF8.self)))
  }

  func end() { open.removeLast() }

  var copy: MutableXML {
    let copy = MutableXML(name, attributes)
    copy.children = children.map { if case .element(let element) = $0 { .element(element.copy) } else { $0 } }
    return copy
  }

  var descendants: [MutableXML] {
    [self] + elements.flatMap(\.descendants)
  }

  /// The elements that are reached from here through elements of that prefix only.
  func descendants(prefix: String) -> [MutableXML] {
    name.hasPrefix(prefix) ? [self] + elements.flatMap { $0.descendants(prefix: prefix) } : []
  }

  /// Whether, in an element of that prefix, a child of another prefix comes before one of that prefix.
  func hasOwnAfterForeign(prefix: String) -> Bool {
    descendants.filter { $0.name.hasPrefix(prefix) }.contains { parent in
      let isOwn = parent.elements.map { $0.name.hasPrefix(prefix) }
      guard let foreign = isOwn.firstIndex(of: false), let own = isOwn.lastIndex(of: true) else { return false }
      return foreign < own
    }
  }

  private var elements: [MutableXML] {
    children.compactMap { if case .element(let element) = $0 { element } else { nil } }
  }

  /// The text directly in the element.
  var text: String { children.reduce(into: "") { if case .text(let text) = $1 { $0 += text } } }

  var xml: String {
    let escape = { (text: String) in
      text.changingAll("&", to: "&amp;").changingAll("<", to: "&lt;").changingAll("\"", to: "&quot;")
    }
    let start = attributes.reduce("<" + name) { "\($0) \($1.name)=\"\(escape($1.value))\"" }
    let content = children.map { child in
      switch child {
      case .element(let element): element.xml
      case .text(let text): escape(text)
      }
    }
    return start + ">" + content.joined() + "</\(name)>"
  }
}

extension String {
  func changingAll(_ part: String, to replacement: String) -> String {
    split(separator: part, omittingEmptySubsequences: false).joined(separator: replacement)
  }
}

/// Changes documents at random in the ways that a schema judges.
struct XMLMutator {
  /// Names that the schema uses, with their prefixes.
  let names: [String]
  /// Texts to try for elements of a name.
  let texts: [String: [String]]
  /// Elements to insert anywhere.
  let insertions: [MutableXML]
  /// Attributes to add anywhere.
  let attributes: [(name: String, value: String)]
  /// The prefix of the schema's elements.
  let ownPrefix: String
  var numbers: SeededNumbers

  mutating func mutate(_ document: MutableXML) -> MutableXML {
    let document = document.copy
    for _ in 0..<Int.random(in: 1...3, using: &numbers) { change(document) }
    return document
  }

  private mutating func change(_ document: MutableXML) {
    let all = document.descendants
    guard let parent = all.filter({ !$0.children.isEmpty }).randomElement(using: &numbers),
      let place = parent.children.indices.randomElement(using: &numbers), let any = all.randomElement(using: &numbers)
    else { return }
    switch Int.random(in: 0..<12, using: &numbers) {
    case 0: parent.children.remove(at: place)
    case 1: parent.children.insert(copy(parent.children[place]), at: place)
    case 2: parent.children.swapAt(place, Int.random(in: parent.children.indices, using: &numbers))
    case 3: any.name = names.randomElement(using: &numbers) ?? any.name
    case 4, 5:
      guard let element = insertions.randomElement(using: &numbers) else { return }
      let atEnd = Bool.random(using: &numbers)
      parent.children.insert(.element(element.copy), at: atEnd ? parent.children.count : place)
    case 6: any.children.insert(.element(MutableXML(names.randomElement(using: &numbers) ?? "x", text: "1")), at: 0)
    case 7:
      // Not on foreign elements: the oracle looks up what xsi:type names even there.
      guard let attribute = attributes.randomElement(using: &numbers),
        let any = document.descendants(prefix: ownPrefix).randomElement(using: &numbers),
        !any.attributes.contains(where: { $0.name == attribute.name })
      else { return }
      any.attributes.append(attribute)
    case 8: any.children.append(.text([" \n", "x", "\u{A0}", "\t", "<&"].randomElement(using: &numbers) ?? ""))
    case 9: parent.children.append(copy(parent.children.remove(at: place)))
    default:
      let known = all.filter { texts[$0.name] != nil }
      guard let element = known.randomElement(using: &numbers),
        let text = texts[element.name]?.randomElement(using: &numbers)
      else { return }
      element.children = text.isEmpty ? [] : [.text(text)]
    }
  }

  private func copy(_ child: MutableXML.Child) -> MutableXML.Child {
    if case .element(let element) = child { .element(element.copy) } else { child }
  }
}
