import XMLSecurity

/// A small generator whose sequence depends on its seed alone.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}

/// Random documents with everything that canonicalization treats specially.
struct DocumentGenerator {
  var random: SeededGenerator
  private(set) var elements = 0
  // Some are equal for Swift's `==` and different for XML: K and the Kelvin sign, å in one character and in two.
  private let prefixes = ["", "a", "b", "c", "ds", "K", "\u{212A}", "\u{E5}", "a\u{30A}"]
  private let uris = ["urn:one", "urn:two", "urn:three", "http://example.se/ns"]

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  mutating func document() -> String {
    elements = 0
    var text = pick([true, false]) ? "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" : ""
    if chance(4) { text += "<?first data \"quoted\" ?>\n" }
    if chance(4) { text += "<!-- before -->" }
    text += element(depth: 0, scope: [:] as [ExactText: String])
    if chance(4) { text += "\n<?last?>\n<!-- after -->" }
    return text
  }

  private mutating func element(depth: Int, scope: [ExactText: String]) -> String {
    elements += 1
    var scope = scope
    var declarations = ""
    for prefix in prefixes.shuffled(using: &random).prefix(Int.random(in: 0...2, using: &random)) {
      let isUndeclaration = prefix.isEmpty && chance(3)
      let uri = isUndeclaration ? "" : pick(uris)
      scope[ExactText(prefix)] = isUndeclaration ? nil : uri
      declarations += prefix.isEmpty ? " xmlns=\"\(uri)\"" : " xmlns:\(prefix)='\(uri)'"
    }
    let inScope = scope.keys.map(\.value).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    let prefix = pick([""] + inScope)
    let name = (prefix.isEmpty ? "" : prefix + ":") + pick(["x", "y", "Zå", "long-name", "K", "\u{212A}"])
    var text = "<\(name)\(declarations)"
    var used: Set<ExactText> = []
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      let prefix = pick([""] + inScope.filter { !$0.isEmpty })
      let local = pick(["p", "q", "r", "K", "\u{212A}", "\u{E5}", "a\u{30A}"])
      let key = (prefix.isEmpty ? "" : scope[ExactText(prefix)] ?? "") + "|" + local
      guard used.insert(ExactText(key)).inserted else { continue }
      text += " \(prefix.isEmpty ? "" : prefix + ":")\(local)=\"\(attributeValue())\""
    }
    if chance(5) { text += " xml:lang=\"\(pick(["sv", "en"]))\"" }
    if chance(8) { text += " xml:space=\"preserve\"" }
    if chance(10) { text += " xml:id=\"i\(elements)\"" }
    text += chance(2) ? " >" : ">"
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      text += depth < 5 && chance(2) ? element(depth: depth + 1, scope: scope) : content()
    }
    return text + "</\(name)\(chance(3) ? "\n" : "")>"
  }

  private mutating func attributeValue() -> String {
    pick([
      "", "plain", "a&amp;b &lt; &quot;", "tab&#9;cr&#13;lf&#10;", " two  spaces\nline ", "'single' >", "åäö €",
      "&#x1F600;",
    ])
  }

  private mutating func content() -> String {
    pick([
      "text", " \r\n ", "a&amp;b&lt;c&gt;d", "cr&#13;", "<![CDATA[<raw> & \"]]>", "<![CDATA[a\r\nb\rc\r]]>\n",
      "<!-- comment -->", "<?pi some data?>",
      "<?empty?>", "\t\"quotes'", "åäö \u{1F600}", "]] >",
    ])
  }

  mutating func pick<T>(_ choices: [T]) -> T { choices[Int.random(in: 0..<choices.count, using: &random)] }
  mutating func chance(_ inverse: Int) -> Bool { Int.random(in: 0..<inverse, using: &random) == 0 }

  mutating func method() -> Canonicalization {
    let lists: [[String]] = [[], [""], ["a"], ["a", "b", ""], ["none", "ds"], ["K", "\u{E5}"], ["\u{212A}"]]
    return pick([.inclusive10, .inclusive11, .exclusive(prefixes: pick(lists))])
  }
}
