import Foundation
import SDKRelay

/// One step of a message's way, for `status` and the demo.
struct TimelineEntry: Encodable {
  let time: Date
  /// The status reached; nil for an event that changed none.
  let status: String?
  let text: String

  init(_ event: RelayEvent) {
    time = event.time
    status = event.status?.rawValue
    text = event.text
  }

  var line: String {
    let name = status ?? ""
    let padding = String(repeating: " ", count: max(0, 24 - name.count))
    return "\(localTime(time))  \(name)\(padding)\(printable(text))"
  }
}
