/// A case as far as linking asks about it.
struct LinkCandidate: Hashable, Sendable {
  let row: Int64
  /// The person whose case it is.
  let person: Int64
  let isOpen: Bool
  /// Whether the person counts as protected: nothing is linked by itself then.
  let isProtected: Bool
}

/// What there is to link a message by, from the strongest on. Whoever gathers it leaves out cases of other organisations.
struct LinkEvidence: Hashable, Sendable {
  /// Whether an agreement covers the sender, or the node has none.
  var isExpected = true
  /// Whether a person of ours chose the case: the message is one that goes out.
  var isOwn = false
  /// Cases whose own opaque reference came back from the very organisation that it was given to.
  var returned: [LinkCandidate] = []
  /// An own opaque reference that another organisation was given, or nobody.
  var hasStrayReference = false
  /// The case of the message it answers, in the same mailbox and with the same organisation.
  var replied: LinkCandidate?
  /// The cases that messages of the same conversation are linked to.
  var conversation: [LinkCandidate] = []
  /// The cases with a case number that stands among the references.
  var numbered: [LinkCandidate] = []
  /// How many different persons the references name, in whichever way.
  var persons = 0
  /// The person's cases with that organisation, where the references name one person by a number that is matched by.
  var ofPerson: [LinkCandidate] = []
  /// Whether the person's number is about to change.
  var isChanging = false
  /// The cases with a case number that stands in the text.
  var written: [LinkCandidate] = []
  /// Whether the agreement lets a number of a person link by itself.
  var mayLinkByNumber = false
}

/// What becomes of a message: the steps of the cascade, stopping at the first that hits.
struct LinkDecision: Hashable, Sendable {
  enum Outcome: String, Hashable, Sendable {
    /// It belongs to the case.
    case linked
    /// It probably does: a person has to say so.
    case proposed
    /// There are cases to choose from.
    case choose
    /// Its references contradict each other.
    case held
    /// Nobody has agreed with its sender.
    case quarantined
    /// Nothing leads anywhere.
    case none
  }

  /// What it rests on, as a code.
  enum Reason: String, Hashable, Sendable {
    case ownReference, reply, conversation, caseNumber, personNumber
    case severalCases, closedCase, numberChange, numberInText, protectedPerson
    case severalPersons, contradiction, unexpectedSender, strayReference, nothing
  }

  let outcome: Outcome
  /// 1 to 7.
  let step: Int
  let reason: Reason
  /// The case, or those to choose from, the strongest first.
  let cases: [Int64]
}

extension LinkEvidence {
  /// The cascade. It knows neither clock nor database.
  var decision: LinkDecision {
    guard isExpected || isOwn else { return LinkDecision(.quarantined, 7, .unexpectedSender) }
    let named = Set((returned + numbered + ofPerson).map(\.person))
    if persons > 1 || named.count > 1 { return LinkDecision(.held, 6, .severalPersons, returned + numbered + ofPerson) }
    if persons == 1, ofPerson.isEmpty, let other = (returned + numbered).first { return contradiction(other) }
    return byReference ?? byThread ?? byCaseNumber ?? byPerson ?? byText
  }

  private var byReference: LinkDecision? {
    guard !returned.isEmpty else { return nil }
    return returned.count == 1 ? link(returned[0], 1, .ownReference) : choose(returned, .severalCases)
  }

  private var byThread: LinkDecision? {
    if let replied { return fits(replied) ? link(replied, 2, .reply) : contradiction(replied) }
    guard let only = conversation.first, conversation.count == 1 else { return nil }
    return fits(only) ? link(only, 3, .conversation) : contradiction(only)
  }

  private var byCaseNumber: LinkDecision? {
    guard let only = numbered.first else { return nil }
    guard numbered.count == 1 else { return choose(numbered, .severalCases) }
    return only.isOpen ? link(only, 4, .caseNumber) : choose(numbered, .closedCase)
  }

  private var byPerson: LinkDecision? {
    guard !ofPerson.isEmpty else { return nil }
    if isChanging { return choose(ofPerson, .numberChange) }
    let open = ofPerson.filter(\.isOpen)
    guard let only = open.first else { return choose(ofPerson, .closedCase) }
    guard open.count == 1 else { return choose(open, .severalCases) }
    if only.isProtected { return choose(open, .protectedPerson) }
    return mayLinkByNumber || isOwn
      ? LinkDecision(.linked, 5, .personNumber, [only]) : LinkDecision(.proposed, 5, .personNumber, [only])
  }

  private var byText: LinkDecision {
    if conversation.count > 1 { return choose(conversation, .severalCases) }
    if !written.isEmpty { return choose(written, .numberInText) }
    return LinkDecision(.none, 7, hasStrayReference ? .strayReference : .nothing)
  }

  /// Whether nothing among the references speaks of somebody else than the case's person.
  private func fits(_ candidate: LinkCandidate) -> Bool {
    (numbered + ofPerson).allSatisfy { $0.person == candidate.person } && (persons == 0 || !ofPerson.isEmpty)
  }

  private func contradiction(_ candidate: LinkCandidate) -> LinkDecision {
    LinkDecision(.held, 6, .contradiction, [candidate] + numbered + ofPerson)
  }

  private func choose(_ cases: [LinkCandidate], _ reason: LinkDecision.Reason) -> LinkDecision {
    LinkDecision(.choose, 6, reason, cases)
  }

  /// Nothing about a protected person is linked by itself.
  private func link(_ candidate: LinkCandidate, _ step: Int, _ reason: LinkDecision.Reason) -> LinkDecision {
    LinkDecision(candidate.isProtected && !isOwn ? .proposed : .linked, step, reason, [candidate])
  }
}

extension LinkDecision {
  fileprivate init(_ outcome: Outcome, _ step: Int, _ reason: Reason, _ cases: [LinkCandidate] = []) {
    self.init(
      outcome: outcome, step: step, reason: reason,
      cases: cases.reduce(into: []) { if !$0.contains($1.row) { $0.append($1.row) } })
  }
}
