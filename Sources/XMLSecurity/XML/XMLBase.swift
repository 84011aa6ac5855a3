/// Joins `xml:base` values as Canonical XML 1.1 §2.4 changes RFC 3986 §5.2: both may be relative, and what climbs above
/// the start stays.
enum XMLBase {
  /// The reference, resolved against the base.
  static func join(_ reference: String, to base: String) -> String {
    if base.isEmpty || hasScheme(reference) { return reference }
    let (origin, basePath) = split(base)
    if reference.hasPrefix("//") {
      return (hasScheme(base) ? String(base.prefix(while: { $0 != ":" })) + ":" : "") + reference
    }
    if reference.hasPrefix("/") { return origin + removeDots(reference) }
    guard !reference.isEmpty else { return base }
    let folder = basePath.lastIndex(of: "/").map { String(basePath[...$0]) } ?? (origin.isEmpty ? "" : "/")
    let lastSegments = basePath.split(separator: "/").last.map(String.init)
    // A base that ends in ".." names a folder.
    let start = lastSegments == ".." && !basePath.hasSuffix("/") ? basePath + "/" : folder
    return origin + removeDots(start + reference)
  }

  private static func hasScheme(_ text: String) -> Bool {
    guard let colon = text.firstIndex(of: ":"), colon != text.startIndex else { return false }
    return text[..<colon].allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
  }

  /// Scheme with authority, and the path without query and fragment.
  private static func split(_ base: String) -> (origin: String, path: String) {
    var rest = Substring(base)
    var origin = ""
    if hasScheme(base), let colon = rest.firstIndex(of: ":") {
      origin = String(rest[...colon])
      rest = rest[rest.index(after: colon)...]
    }
    if rest.hasPrefix("//") {
      let authority = rest.dropFirst(2).prefix { $0 != "/" }
      origin += "//" + authority
      rest = rest[authority.endIndex...]
    }
    return (origin, String(rest.prefix { $0 != "?" && $0 != "#" }))
  }

  private static func removeDots(_ path: String) -> String {
    let isAbsolute = path.hasPrefix("/")
    var kept: [Substring] = []
    let segments = path.split(separator: "/", omittingEmptySubsequences: true)
    for segment in segments where segment != "." {
      if segment == "..", let last = kept.last, last != ".." {
        kept.removeLast()
      } else if segment != ".." || !isAbsolute {
        kept.append(segment)
      }
    }
    let isFolder = path.hasSuffix("/") || segments.last == "." || segments.last == ".."
    let joined = kept.joined(separator: "/")
    return (isAbsolute ? "/" : "") + joined + (isFolder && !joined.isEmpty ? "/" : "")
  }
}
