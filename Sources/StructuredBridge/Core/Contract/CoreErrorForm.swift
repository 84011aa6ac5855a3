public import Foundation
import Mailbox
import SDKRelay
import XMLSecurity

/// What the counterpart says of a refusal (`ipfSimpleError`, `ipfBaseError`), as far as it can be shown: names of fields and
/// codes. Sentences and values are left out, because both may hold anybody's number.
public struct CoreErrorForm: Hashable, Sendable, CustomStringConvertible {
  /// One thing that was wrong.
  public struct Entry: Hashable, Sendable {
    /// The field of the request.
    public let field: String?
    public let code: String?
    public let operation: String?
    /// The number of the requirement that was broken.
    public let requirement: String?
    /// The kind of rule.
    public let rule: String?
  }

  /// What the counterpart finds the error by.
  public let id: UUID?
  public let system: String?
  public let code: String?
  /// At most twenty.
  public let entries: [Entry]

  /// Nil where the text is none of the two forms.
  init?(_ bytes: [UInt8], hiding secret: CoreSecret) {
    guard JSONShape.isShallow(bytes), let value = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes)),
      case .object = value, value[CoreNames.ErrorKey.id] != nil || value[CoreNames.ErrorKey.message] != nil
    else { return nil }
    func code(_ value: JSONValue?) -> String? { value.flatMap { Self.code($0, secret) } }
    let cause = value[CoreNames.ErrorKey.cause]
    id = value[CoreNames.ErrorKey.id]?.string.flatMap { UUID(uuidString: $0) }
    system = code(cause?[CoreNames.ErrorKey.system])
    self.code = code(cause?[CoreNames.ErrorKey.code])
    entries = (cause?[CoreNames.ErrorKey.entries]?.items ?? []).prefix(20).map { entry in
      Entry(
        field: code(entry[CoreNames.ErrorKey.field]), code: code(entry[CoreNames.ErrorKey.entryCode]),
        operation: code(entry[CoreNames.ErrorKey.operation]),
        requirement: code(entry[CoreNames.ErrorKey.requirement]), rule: code(entry[CoreNames.ErrorKey.rule]))
    }
  }

  /// Such as `error 5f…, IPF-12; personnummer: F042 (krav 7)`.
  public var description: String {
    let head = [id.map { "error \($0.uuidString.lowercased())" }, system, code].compactMap { $0 }.joined(
      separator: ", ")
    let parts = entries.map { entry in
      let codes = [entry.code, entry.operation, entry.rule, entry.requirement.map { "krav \($0)" }].compactMap { $0 }
      return "\(entry.field ?? "?"): \(codes.isEmpty ? "refused" : codes.joined(separator: " "))"
    }
    return ([head] + parts).filter { !$0.isEmpty }.joined(separator: "; ")
  }

  /// A name or a code: short, of plain characters, no number of anybody, and not the secret come back.
  private static func code(_ value: JSONValue, _ secret: CoreSecret) -> String? {
    let text: String
    switch value {
    case .text(let plain): text = plain
    case .integer(let number): text = "\(number)"
    default: return nil
    }
    guard (1...80).contains(text.utf8.count), text.utf8.allSatisfy(isPlain), !IdentityNumbers.areIn(text),
      !secret.isIn(text)
    else { return nil }
    return text
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: "._-[]".utf8.contains(byte)
    }
  }
}
