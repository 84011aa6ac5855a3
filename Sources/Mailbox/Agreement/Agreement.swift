public import SDKRelay

/// One version of an agreement (överenskommelse) between organisations: which functional mailboxes they use, who may
/// write to whom about what, and what they promise each other.
///
/// A change is a new version in a file of its own, with the day it was decided and the days it is in force. Versions of
/// one agreement never overlap, so that at any time at most one counts. `config/agreements` describes every key.
public struct Agreement: Hashable, Sendable, Encodable {
  /// The agreement's id, the same in all its versions: lower-case letters, digits and hyphens.
  public let id: String
  /// Counted from 1.
  public let version: Int
  /// The day this version was decided.
  public let date: Day
  /// The name that people know it by.
  public let title: String
  public let validity: Validity
  /// The rules of law that the exchange rests on.
  public let legalBasis: [String]
  public let parties: [Party]
  /// Everything that may be written; what is not here may not.
  public let routes: [Route]
  /// Media types of attachments that the parties take, in lower case.
  public let fileTypes: [String]
  /// The most that the attachments of one message may have together, in bytes.
  public let maximumSize: Int
  /// Within how many working days the parties have promised to answer.
  public let answerWithinWorkingDays: Int
  public let retention: Retention
  /// Whether a message may be tied to a case by a person's number alone, where it leads to one open case of somebody who is
  /// not protected. Else a person decides.
  public let linksByPersonNumber: Bool
  /// Whether a person's number may stand among the references of a message. Else the case's own references lead to it.
  public let personNumbersInReferences: Bool
  /// What happens with a message that tells by SDK what has a structured form, or goes before it is linked to its case.
  public let structuredInformation: Strictness

  /// How an advice is held to.
  public enum Strictness: String, Hashable, Sendable, CaseIterable, Encodable {
    /// It goes, and whoever sends it is told.
    case warn
    /// It does not go.
    case stop
  }

  /// The days on which a version is in force, the first and the last among them.
  public struct Validity: Hashable, Sendable, Encodable {
    public let from: Day
    /// Nil while no end has been agreed.
    public let to: Day?

    public func contains(_ day: Day) -> Bool { from <= day && to.map { day <= $0 } ?? true }
  }

  /// An organisation that has agreed.
  public struct Party: Hashable, Sendable, Encodable {
    public let participant: ParticipantID
    public let name: String
    /// Who looks after the agreement there.
    public let administrator: Administrator
    public let mailboxes: [Mailbox]

    /// The party's agreed mailbox with the address.
    public func mailbox(_ address: FunctionalAddress) -> Mailbox? { mailboxes.first { $0.address == address } }
  }

  /// A function at a party, never a person's own name and address.
  public struct Administrator: Hashable, Sendable, Encodable {
    public let name: String
    public let contact: String
  }

  /// A functional mailbox (funktionsbrevlåda) as it was agreed upon.
  public struct Mailbox: Hashable, Sendable, Encodable {
    public let address: FunctionalAddress
    public let name: String
    /// What it is for.
    public let purpose: String
    /// When somebody reads it.
    public let hours: String
    /// Where to turn when an answer is overdue.
    public let contact: String
    /// Whether it takes messages on people with protected personal data (skyddade personuppgifter).
    public let protectedPersons: Bool
  }

  /// That one party's mailbox may write to another's, and about which information.
  public struct Route: Hashable, Sendable, Encodable {
    public let from: Place
    public let to: Place
    /// At least one, in the order of the agreement's tables.
    public let kinds: [InformationKind]
  }

  /// A mailbox of one of the parties.
  public struct Place: Hashable, Sendable, Encodable {
    public let participant: ParticipantID
    public let address: FunctionalAddress

    public init(participant: ParticipantID, address: FunctionalAddress) {
      self.participant = participant
      self.address = address
    }

    public init(_ mailbox: Draft.Mailbox) {
      self.init(participant: mailbox.participant, address: mailbox.address)
    }
  }

  /// How long the parties keep what they have exchanged.
  public struct Retention: Hashable, Sendable, Encodable {
    public let days: Int
    /// The decision or rule it follows.
    public let rule: String
  }

  /// What names this version.
  public var reference: AgreementReference { AgreementReference(id: id, version: version) }

  /// The party with the participant id.
  public func party(_ participant: ParticipantID) -> Party? { parties.first { $0.participant == participant } }
}

/// A version of an agreement by its name: what a message remembers.
public struct AgreementReference: Hashable, Sendable, Encodable, CustomStringConvertible {
  public let id: String
  public let version: Int

  public init(id: String, version: Int) {
    self.id = id
    self.version = version
  }

  public var description: String { "\(id) (version \(version))" }
}
