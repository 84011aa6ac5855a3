import Foundation
package import SDKRelay
import StructuredBridge

/// What a municipality told, to be shown: numbers masked.
package struct TestCoreLine: Encodable, Sendable {
  let kind: String
  let id: String
  let organisation: String
  let person: String
  let occurred: String

  package init(_ told: JSONValue) {
    func text(_ key: String) -> String { told[key]?.string ?? "" }
    kind = text(CoreNames.Key.kind)
    id = text(CoreNames.Key.id)
    organisation = text(CoreNames.Key.organisation)
    person = (try? IdentityReading(text(CoreNames.Key.person), at: .now).person)?.masked ?? "?"
    occurred = text(CoreNames.Key.occurred)
  }

  package var text: String { "told  \(kind)  \(id)  \(organisation)  \(person)  \(occurred)" }
}
