/// How much of everything a document may have. What exceeds a limit is refused while it is being read.
public struct XMLLimits: Sendable {
  /// Where comments or processing instructions may stand.
  public enum Presence: Sendable {
    case allowed
    /// Before and after the document element only.
    case outsideRoot
    case refused
  }

  /// Elements inside each other.
  public var depth = 64
  /// Attributes on one element, namespace declarations not counted.
  public var attributesPerElement = 64
  /// Declarations in scope at one place, redeclarations counted.
  public var namespacesInScope = 64
  /// Bytes of a prefix or local name.
  public var nameBytes = 256
  /// Different prefixes, local names, namespaces and targets of processing instructions in the document. libxml2 keeps
  /// them in a table that becomes slow when it is very full.
  public var distinctNames = 10_000
  /// Bytes of text directly in one element.
  public var textBytes = 1 << 20
  /// Bytes of the values in one tag, of one comment and of one processing instruction.
  public static let markupBytes = 48 * 1024
  /// Elements, comments and processing instructions in the document.
  public var elements = 100_000
  /// Bytes of the document as it comes in.
  public var totalBytes: Int
  /// Elements whose text is bounded by ``totalBytes`` alone.
  public var largeText: Set<XMLName> = []
  /// Where comments may stand.
  public var comments = Presence.allowed
  /// Where processing instructions may stand.
  public var processingInstructions = Presence.allowed

  public init(totalBytes: Int) {
    self.totalBytes = totalBytes
  }

  /// A SOAP header block with what belongs to it: 256 kB.
  public static let soap: XMLLimits = {
    var limits = XMLLimits(totalBytes: 256 * 1024)
    limits.processingInstructions = .refused
    return limits
  }()

  /// A message receipt: 256 kB.
  public static let receipt = XMLLimits(totalBytes: 256 * 1024)

  /// An XHE envelope: comments and processing instructions stand outside the root only, since text that a comment splits
  /// has been read in halves by other products; ciphertext may be large.
  public static func envelope(totalBytes: Int, largeText: Set<XMLName> = []) -> XMLLimits {
    var limits = XMLLimits(totalBytes: totalBytes)
    limits.largeText = largeText.union([XMLName(XMLNamespaces.xenc, "CipherValue")])
    limits.comments = .outsideRoot
    limits.processingInstructions = .outsideRoot
    return limits
  }

  /// A payload, in which the named elements carry the attachments.
  public static func payload(totalBytes: Int, largeText: Set<XMLName> = []) -> XMLLimits {
    var limits = XMLLimits(totalBytes: totalBytes)
    limits.largeText = largeText
    return limits
  }
}

/// Why a document was not accepted. It names places and kinds, never content.
public struct XMLProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong. A handler may throw a kind alone; the parser adds the line.
  public enum Kind: String, Error, Hashable, Sendable {
    case notWellFormed = "is not well-formed XML"
    case documentType = "has a document type declaration"
    case version = "is not XML 1.0"
    case encoding = "is in an encoding that is not accepted"
    case depth = "nests elements too deeply"
    case attributes = "has too many attributes on an element"
    case namespaces = "has too many namespace declarations in scope"
    case namespaceName = "declares a namespace whose name is not an absolute URI"
    case name = "has a name that is too long"
    case names = "has too many different names"
    case text = "has text that is too long for its element"
    case markup = "has a tag, comment or instruction that is too long"
    case elements = "has too many elements"
    case size = "is too large"
    case comment = "has a comment where none may stand"
    case processingInstruction = "has a processing instruction where none may stand"
  }

  /// What is wrong with the document.
  public let kind: Kind
  /// The line in which it was noticed, from 1.
  public let line: Int

  public init(kind: Kind, line: Int) {
    self.kind = kind
    self.line = line
  }

  public var description: String { "the document \(kind.rawValue) (line \(line))" }
}
