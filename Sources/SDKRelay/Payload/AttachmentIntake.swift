import XMLSecurity

/// Decodes the attachments of one message as they stream by, each into its place in the store.
final class AttachmentIntake {
  /// Set once the message cannot be valid: attachments are still checked, but no longer kept.
  var isRefused = false
  private(set) var problems: [PayloadProblem] = []
  private let store: any AttachmentStore
  private let limits: PayloadLimits
  private var attachments: [ObjectIdentifier: AttachmentSink] = [:]

  init(store: any AttachmentStore, limits: PayloadLimits) {
    self.store = store
    self.limits = limits
  }

  /// The sink for the text of a `content` element.
  func open(for content: SchemaNode) throws -> any ByteSink {
    let number = attachments.count
    if number == limits.maximumFiles { report(.fileCount, at: content.path) }
    let type = content.parent?["contentType"]?.text ?? ""
    let isKept = !isRefused && problems.isEmpty && AttachmentType.isAllowed(type, among: limits.allowedTypes)
    let place = isKept ? try store.open(attachment: number) : DiscardingSink()
    let sink = AttachmentSink(number: number, into: place) { [unowned self] in report($0, at: content.path) }
    attachments[ObjectIdentifier(content)] = sink
    return sink
  }

  /// What came of a `content` element.
  func reference(for content: SchemaNode) -> ContentReference? {
    attachments[ObjectIdentifier(content)]?.reference
  }

  private func report(_ rule: PayloadRule, at path: String) {
    guard problems.count < PayloadLimits.maximumProblems else { return }
    problems.append(rule.problem(at: path))
  }
}

/// Takes the base64 of one attachment. Wrong base64 is reported once and the rest skipped; the store's errors are
/// thrown.
private final class AttachmentSink: ByteSink {
  private let number: Int
  private let decoder: Base64DecodingSink
  private let digest: DigestSink
  private let counter: CountingSink
  private let report: (PayloadRule) -> Void
  private var hasBegun = false
  private var isWrong = false

  init(number: Int, into place: any ByteSink, report: @escaping (PayloadRule) -> Void) {
    self.number = number
    self.report = report
    counter = CountingSink(next: place)
    digest = DigestSink(.sha256, next: counter)
    decoder = Base64DecodingSink(next: digest)
  }

  var reference: ContentReference {
    ContentReference(number: number, size: counter.count, sha256: digest.digest())
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
