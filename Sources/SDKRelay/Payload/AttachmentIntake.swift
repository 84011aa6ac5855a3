import XMLSecurity

/// Decodes the attachments of one message as they stream by, each into its place in the store.
final class AttachmentIntake {
  /// Set once the message cannot be valid: attachments are still checked, but no longer kept.
  var isRefused = false
  private(set) var problems: [PayloadProblem] = []
  private let store: any AttachmentStore
  private let limits: PayloadLimits
  private var count = 0
  private var references: [ObjectIdentifier: ContentReference] = [:]

  init(store: any AttachmentStore, limits: PayloadLimits) {
    self.store = store
    self.limits = limits
  }

  /// The sink for the text of a `content` element. Beyond the most attachments a message may have, what comes is only
  /// passed over.
  func open(for content: SchemaNode) throws -> any ByteSink {
    defer { count += 1 }
    if count == limits.maximumFiles { report(.fileCount, at: content.path) }
    guard count < limits.maximumFiles else { return DiscardingSink() }
    let type = content.parent?["contentType"]?.text ?? ""
    let isAllowed = AttachmentType.isAllowed(type, among: limits.allowedTypes)
    let isKept = !isRefused && problems.isEmpty && isAllowed
    let place = isKept ? try store.open(attachment: count) : DiscardingSink()
    // A type that is not taken is reported as that only.
    return AttachmentSink(number: count, type: isAllowed ? type : nil, into: place) { [unowned self] in
      report($0, at: content.path)
    } closed: { [unowned self] in
      references[ObjectIdentifier(content)] = $0
    }
  }

  /// What came of a `content` element.
  func reference(for content: SchemaNode) -> ContentReference? {
    references[ObjectIdentifier(content)]
  }

  private func report(_ rule: PayloadRule, at path: String) {
    guard problems.count < PayloadLimits.maximumProblems else { return }
    problems.append(rule.problem(at: path))
  }
}

/// Takes the base64 of one attachment. Wrong base64 is reported once and the rest skipped, and so is content that is
/// not what its type says; the store's errors are thrown.
private final class AttachmentSink: ByteSink {
  private let number: Int
  private let type: String?
  private let head: HeadSink
  private let decoder: Base64DecodingSink
  private let digest: DigestSink
  private let counter: CountingSink
  private let report: (PayloadRule) -> Void
  private let closed: (ContentReference) -> Void
  private var hasBegun = false
  private var isWrong = false

  init(
    number: Int, type: String?, into place: any ByteSink, report: @escaping (PayloadRule) -> Void,
    closed: @escaping (ContentReference) -> Void
  ) {
    self.number = number
    self.type = type
    self.report = report
    self.closed = closed
    head = HeadSink(next: place)
    counter = CountingSink(next: head)
    digest = DigestSink(.sha256, next: counter)
    decoder = Base64DecodingSink(next: digest)
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    guard let first = bytes.first else { return }
    // The Schematron rule looks at the very first character: white space before base64 breaks it.
    if !hasBegun, !Self.isBase64(first) { report(.contentFiles) }
    hasBegun = true
    try decode { try decoder.write(bytes) }
  }

  func close() throws {
    if !hasBegun { report(.contentFiles) }
    try decode { try decoder.close() }
    if !isWrong, let type, FileKind(head.head)?.isAllowed(as: type) == false { report(.fileContent) }
    closed(ContentReference(number: number, size: counter.count, sha256: digest.digest()))
  }

  private func decode(_ work: () throws -> Void) throws {
    guard !isWrong else { return }
    do {
      try work()
    } catch is Base64Problem {
      isWrong = true
      report(.base64)
    }
  }

  private static func isBase64(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
      true
    default: false
    }
  }
}
