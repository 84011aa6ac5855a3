public import Foundation
import SDKRelay

/// Why the structured core gave nothing, or took nothing. It holds names of fields and codes, never a value that came from
/// the other side and never the secret.
public struct CoreProblem: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// The kind is not exchanged yet.
    case notLive
    /// The organisation is none that the settings name.
    case tenant
    /// What was to be told does not fit the contract.
    case report
    /// No connection, or one that ended.
    case connection
    /// TLS could not be agreed, or a certificate is not acceptable.
    case tls
    case timeout
    case cancelled
    /// It was not asked: it has failed so often that it is left alone for a while.
    case pausing
    /// 401: the credentials are not accepted.
    case credentials
    /// 403
    case forbidden
    /// 404
    case notFound
    /// 409: the same key came before with other content, or the case says no.
    case conflict
    /// Any other refusal.
    case refused
    /// 429
    case busy
    /// 5xx
    case failing
    /// What came is larger than it may be.
    case tooLarge
    /// What came is no JSON.
    case contentType
    /// What came does not fit the contract: ``CoreProblem/fields`` says where.
    case answer
    /// What came is about another organisation. None of it is taken, and operators are told.
    case foreignData
    /// What came is about another person than was asked for.
    case otherPerson
    /// The list goes round in circles or does not end.
    case paging
  }

  public let kind: Kind
  /// The HTTP status; nil where there was none.
  public var status: Int?
  /// The call's id.
  public var tracking: UUID?
  /// What does not fit, of our report or of the answer; at most twenty.
  public var fields: [CoreFieldProblem]
  /// What the counterpart says of it.
  public var form: CoreErrorForm?
  /// When to try again, where the other side said so.
  public var retryAfter: Duration?
  /// More words, ours.
  public var detail: String?

  init(_ kind: Kind, status: Int? = nil, fields: [CoreFieldProblem] = [], detail: String? = nil) {
    self.kind = kind
    self.status = status
    self.fields = Array(fields.prefix(20))
    self.detail = detail
  }

  /// Whether the same call may fare better later.
  public var isTransient: Bool {
    switch kind {
    case .connection, .tls, .timeout, .pausing, .busy, .failing: true
    default: false
    }
  }

  /// Whether it says that the interface is down for us.
  var isOutage: Bool {
    switch kind {
    case .connection, .tls, .timeout, .failing, .credentials, .contentType: true
    default: false
    }
  }

  /// Whether data of others came.
  public var isBreach: Bool { kind == .foreignData || kind == .otherPerson }

  public var description: String {
    var text = words
    if let status { text += " (HTTP \(status))" }
    if let detail { text += ": \(detail)" }
    if !fields.isEmpty { text += ": " + fields.map(\.description).joined(separator: "; ") }
    if let form { text += " [\(form)]" }
    if let tracking { text += " {\(tracking.uuidString.lowercased())}" }
    return text
  }

  private var words: String {
    switch kind {
    case .notLive: "this kind is not exchanged yet"
    case .tenant: "the organisation is none that the section core names"
    case .report: "the report does not fit the contract"
    case .connection: "no connection to the structured core"
    case .tls: "no secure connection to the structured core"
    case .timeout: "the structured core does not answer in time"
    case .cancelled: "cancelled"
    case .pausing: "the structured core has failed and is left alone for a while"
    case .credentials: "the structured core does not accept the credentials"
    case .forbidden: "the structured core forbids it"
    case .notFound: "the structured core has no such thing"
    case .conflict: "the structured core has it already, otherwise"
    case .refused: "the structured core refuses it"
    case .busy: "the structured core asks to wait"
    case .failing: "the structured core fails"
    case .tooLarge: "the answer is too large"
    case .contentType: "the answer is no JSON"
    case .answer: "the answer does not fit the contract"
    case .foreignData: "the answer holds another organisation's data; nothing of it was taken"
    case .otherPerson: "the answer is about another person; nothing of it was taken"
    case .paging: "the list does not go on as lists do"
    }
  }
}
