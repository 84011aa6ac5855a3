import XMLSecurity

/// What is known of an element while it is open.
struct OpenElement {
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
  private var position = 0
  private var count = 0
  /// Whether foreign elements have begun, after which no others may come.
  var isInTail = false
  /// How many children of each particle's name there have been.
  private var numbers: [Int: Int] = [:]
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

  private func count(at index: Int) -> Int { index == position ? count : 0 }

  /// Whether the particle may come next.
  func takes(_ particle: ContentModel.Particle, at index: Int) -> Bool {
    index >= position && !isInTail && count(at: index) < particle.maximum
  }

  /// The first particle that has not come as often as it must.
  func missing(of particles: ArraySlice<ContentModel.Particle>) -> ContentModel.Particle? {
    particles.indices.dropFirst(position).first { count(at: $0) < particles[$0].minimum }.map { particles[$0] }
  }

  func isComplete(_ particles: [ContentModel.Particle]) -> Bool { isInTail || missing(of: particles[...]) == nil }

  /// The first particle that may still come.
  func next(of particles: [ContentModel.Particle]) -> ContentModel.Particle? {
    particles.indices.first { takes(particles[$0], at: $0) }.map { particles[$0] }
  }

  /// The number of one more child of the particle's name.
  mutating func number(at index: Int) -> Int {
    numbers[index, default: 0] += 1
    return numbers[index, default: 1]
  }

  mutating func advance(to index: Int) {
    count = index == position ? count + 1 : 1
    position = index
  }
}

extension ContentModel.Content {
  var asOpened: OpenElement.Content {
    switch self {
    case .sequence(let particles, let tail): .sequence(particles, tail: tail)
    case .simple(let type): .simple(type)
    }
  }
}
