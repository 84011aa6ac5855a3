import Foundation
import SDKRelay
import Testing

/// The federation has no read receipt: what the program says of a message is what its signed receipts prove.
@Suite("07 Nothing says “read”")
struct ReadClaimTests {
  private static let claim = #"(?i)\b(has|have|had|was|were|been) read\b|\bread (by|receipt)|\bläst\b|läskvitt"#
  private static let denial = #"(?i)\b(nothing|nobody|no|not|never|ingenting)\b"#
  /// A field, column or key that would say so of a message.
  private static let field =
    #"\b((is|was|has|hasBeen)(Read|Opened)|(read|opened)(At|By|Time|Date|Receipt|Status))\b"#

  /// What clients and people are shown: the service, its interface and the commands.
  private static let rooms = ["Sources/Mailbox", "Sources/Service", "Sources/Command"]

  /// The lines of the folder's files in which the pattern is found, comments in code left out.
  private func lines(with pattern: String, in folder: String, _ ending: String) throws -> [String] {
    let expression = try NSRegularExpression(pattern: "^.*(?:\(pattern)).*$", options: .anchorsMatchLines)
    let root = Package.root.appending(path: folder)
    let names = FileManager.default.enumerator(atPath: root.path)?.allObjects as? [String] ?? []
    #expect(names.contains { $0.hasSuffix(ending) }, "\(folder) is looked through")
    return try names.filter { $0.hasSuffix(ending) }.flatMap { name in
      let text = try String(contentsOf: root.appending(path: name), encoding: .utf8)
      return expression.matches(in: text, range: NSRange(text.startIndex..., in: text)).compactMap { match in
        Range(match.range, in: text).map { "\(name): \(text[$0].trimmingCharacters(in: .whitespaces))" }
      }
    }.filter { !$0.contains(": //") }
  }

  @Test("no field, column or status is named so") func names() throws {
    for room in Self.rooms + ["Sources/SDKRelay/Delivery"] {
      #expect(try lines(with: Self.field, in: room, ".swift") == [])
    }
    for status in MessageStatus.allCases {
      #expect(!["READ", "OPENED", "SEEN", "DISPLAYED", "VIEWED"].contains { status.rawValue.contains($0) })
    }
  }

  @Test("no sentence of the program or its documents claims so") func sentences() throws {
    var found = try Self.rooms.flatMap { try lines(with: Self.claim, in: $0, ".swift") }
    found += try lines(with: Self.claim, in: "docs", ".md")
    #expect(!found.isEmpty, "that there is none is said somewhere")
    let claims = found.filter { $0.range(of: Self.denial, options: .regularExpression) == nil }
    #expect(claims == [])
  }
}
