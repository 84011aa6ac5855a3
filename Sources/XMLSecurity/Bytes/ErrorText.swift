/// A value from outside, made fit for an error text: quoted, printable ASCII, 80 characters at most.
public func shown(_ value: String) -> String {
  let safe = value.unicodeScalars.prefix(80).map { (0x20...0x7E).contains($0.value) ? Character($0) : "?" }
  return "'" + String(safe) + (value.unicodeScalars.count > 80 ? "…" : "") + "'"
}
