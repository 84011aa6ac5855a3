public import XMLSecurity

/// What came of reading a payload.
public enum PayloadReading: Sendable {
  /// Not XML that may be read, so that nothing is known of it. Such a message is never answered with a receipt.
  case unreadable(XMLProblem)
  /// A message that breaks rules: all of them, at most 50. At least one.
  case invalid([PayloadProblem])
  /// A message that keeps every rule the document alone can show. Its attachments are in the store.
  case valid(Payload)
}

/// Reads and checks a payload while it streams by; attachments go to an ``AttachmentStore`` decoded, and are never
/// held.
///
/// What is wrong with the message is in ``result()``, not thrown, so that the pipeline before it runs to its end. Only
/// the store's own errors are thrown: they are ours and say nothing about the message.
public final class PayloadReader: ByteSink {
  private let limits: PayloadLimits
  private let direction: PayloadDirection
  private let intake: AttachmentIntake
  private let validator: SchemaValidator
  private let parser: XMLStreamParser
  private var size = 0
  private var stop: XMLProblem?
  /// The place where the parser stopped.
  private var stopPath = PayloadProblem.nowhere

  /// - Parameter direction: whether the message is another's or our own, which is held to more.
  public init(
    limits: PayloadLimits = .incoming, direction: PayloadDirection = .incoming, store: any AttachmentStore
  ) {
    self.limits = limits
    self.direction = direction
    let intake = AttachmentIntake(store: store, limits: limits)
    let validator = SchemaValidator(MessageSchema.model, maximumProblems: PayloadLimits.maximumProblems) {
      try intake.open(for: $0)
    }
    self.intake = intake
    self.validator = validator
    // Beyond the limit for messages the reader goes on for a while: whether a message that is too large is well-formed
    // decides whether it gets a receipt.
    parser = XMLStreamParser(
      limits: .payload(totalBytes: limits.maximumBytes * 4, largeText: MessageSchema.largeText), handler: validator)
  }

  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    size += bytes.count
    try read { try parser.write(bytes) }
  }

  public func close() throws {
    try read { try parser.close() }
  }

  private func read(_ work: () throws -> Void) throws {
    guard stop == nil else { return }
    validator.keepsText = !isTooLarge
    intake.isRefused = isTooLarge || !validator.violations.isEmpty || !validator.emptyElements.isEmpty
    do {
      try work()
    } catch let problem as XMLProblem {
      stop = problem
      stopPath = validator.path
    }
  }

  /// The outcome, once the reader is closed.
  public func result() -> PayloadReading {
    if let stop, Self.isUnreadable(stop.kind) { return .unreadable(stop) }
    let problems = problems()
    if problems.isEmpty, let root = validator.root, let payload = PayloadBuilder(intake).payload(root) {
      return .valid(payload)
    }
    // The builder fails on nothing that the checks let pass; were it to, the message does not follow its schema.
    return .invalid(
      problems.isEmpty ? [PayloadRule.schema.problem()] : Array(problems.prefix(PayloadLimits.maximumProblems)))
  }

  private func problems() -> [PayloadProblem] {
    var problems = isTooLarge ? [PayloadRule.size.problem()] : []
    if let stop, !(isTooLarge && stop.kind == .size) { problems.append(limitProblem(stop)) }
    problems += validator.violations.map { PayloadRule.schema.problem(at: $0.path, text: $0.text) }
    problems += validator.emptyElements.map { PayloadRule.verifyNonEmptyElements.problem(at: $0) }
    problems += intake.problems
    // Where the parser stopped, what is missing may only not have come; beyond the size, texts have not been kept.
    if let root = validator.root, stop == nil, !isTooLarge {
      problems += PayloadRuleChecks(root: root, direction: direction, allowedTypes: limits.allowedTypes).problems()
    }
    return problems
  }

  private var isTooLarge: Bool { size > limits.maximumBytes }

  /// The sender's function as the message states it, whether or not the message is valid; nil where it states none that
  /// can be one. A receipt is addressed to it.
  public var senderFunction: FunctionalAddress? {
    let path = validator.root?.find(
      "message", "messageHeader", "sender", "attention", "subOrganization", "organizationId", "extension")
    return path?.first.flatMap { try? FunctionalAddress($0.text) }
  }

  private func limitProblem(_ problem: XMLProblem) -> PayloadProblem {
    switch problem.kind {
    case .text: PayloadRule.textSize.problem(at: stopPath)
    case .size: PayloadRule.size.problem()
    default: PayloadRule.limits.problem(at: stopPath, text: "The message \(problem.kind.rawValue).")
    }
  }

  /// Whether nothing can be said about the document. One with a document type is treated like one that is no XML: it
  /// has no honest use and gets no answer.
  private static func isUnreadable(_ kind: XMLProblem.Kind) -> Bool {
    switch kind {
    case .notWellFormed, .documentType, .version, .encoding: true
    case .depth, .attributes, .namespaces, .namespaceName, .name, .names, .text, .markup, .elements, .size, .comment,
      .processingInstruction:
      false
    }
  }
}
