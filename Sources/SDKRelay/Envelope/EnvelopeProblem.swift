public import XMLSecurity

/// One thing that is wrong with an envelope's form. It says which rule, where and why, never what stood there.
public struct EnvelopeFault: Hashable, Sendable, CustomStringConvertible {
  /// `R1`…`R14`, `XSD`, or `SDK` for the federation's further rules.
  public let rule: String
  /// Where it is wrong, by local names.
  public let xpath: String
  /// What is wrong, for people.
  public let text: String

  public var description: String { "\(rule) \(text) (\(xpath))" }
}

/// Why an envelope is not accepted.
public enum EnvelopeProblem: Error, Hashable, Sendable, CustomStringConvertible {
  case notWellFormed(XMLProblem)
  /// The form is wrong; the faults that were found, at most 50.
  case format([EnvelopeFault])
  /// The envelope is not signed, though it must be.
  case unsigned
  case signature(SignatureProblem)
  case untrusted(TrustProblem)
  /// The signer's certificate is not the one that the sender has published.
  case notPublished
  /// The payload is not encrypted as the federation does it; the key was not touched.
  case encryption(EncryptionProblem)
  /// The payload cannot be decrypted. There is no more to say.
  case undecryptable
  /// The file cannot be read; not the sender's fault.
  case unreadable

  public var description: String {
    switch self {
    case .notWellFormed(let problem): problem.description
    case .format(let faults): faults.map(\.description).joined(separator: "; ")
    case .unsigned: "the envelope is not signed"
    case .signature(let problem): problem.description
    case .untrusted(let problem): problem.description
    case .notPublished: "the signer's certificate is not the one that the sender has published"
    case .encryption(let problem): problem.description
    case .undecryptable: "decryption failed"
    case .unreadable: "the envelope cannot be read"
    }
  }

  /// Whether the same envelope may be accepted later: nothing is wrong with it that could be told yet.
  public var isTransient: Bool {
    switch self {
    case .unreadable: true
    case .untrusted(let problem): problem.reason == .revocationUnknown
    case .notWellFormed, .format, .unsigned, .signature, .notPublished, .encryption, .undecryptable: false
    }
  }

  /// What the sender's message service is told (case table of the receipt specification), or nil where no receipt may be
  /// sent: for what is not well-formed, has the wrong form, cannot be decrypted or cannot be judged yet.
  public var receiptProblem: PayloadProblem? {
    switch self {
    case .unsigned, .signature, .notPublished: PayloadRule.signature.problem()
    case .untrusted: isTransient ? nil : PayloadRule.signature.problem()
    case .notWellFormed, .format, .encryption, .undecryptable, .unreadable: nil
    }
  }
}
