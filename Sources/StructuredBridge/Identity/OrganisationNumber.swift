import Mailbox
/// An organisation's number (organisationsnummer). It is public; a sole trader's is a personnummer and so never one of
/// these.
public struct OrganisationNumber: Hashable, Sendable, CustomStringConvertible {
  /// As stored: `16` and the ten digits.
  public let twelveDigits: String

  /// - Parameter ten: the ten digits in ASCII.
  init(ten: [UInt8]) throws(IdentityProblem) {
    // The third digit keeps these numbers apart from dates.
    guard ten.count == 10, ten.allSatisfy(WrittenNumber.isDigit), ten[2] >= UInt8(ascii: "2") else { throw .date }
    guard CheckDigit.holds(ten) else { throw .checkDigit }
    twelveDigits = "16" + String(decoding: ten, as: UTF8.self)
  }

  public var tenDigits: String { String(twelveDigits.dropFirst(2)) }

  /// Of the state, a region, a municipality or a parish.
  public var isPublicBody: Bool { tenDigits.first == "2" }

  public var description: String { "\(tenDigits.prefix(6))-\(tenDigits.suffix(4))" }
}
