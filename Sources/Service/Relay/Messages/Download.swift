import Foundation
import HTTPTypes
import Hummingbird

/// The head of an answer with a file from outside: to be saved, and never shown by a browser as part of the service
/// (threats.md W2, W8).
enum Download {
  static func headers(name: String, type: String) -> HTTPFields {
    [
      .contentType: isMediaType(type) ? type : "application/octet-stream", .contentDisposition: disposition(name),
      .xContentTypeOptions: "nosniff", .cacheControl: "no-store",
      .contentSecurityPolicy: "sandbox; default-src 'none'",
      HTTPField.Name("Cross-Origin-Resource-Policy")!: "same-origin",
    ]
  }

  /// `attachment` with the name in both forms of RFC 6266: in plain ASCII, and whole.
  static func disposition(_ name: String) -> String {
    let safe = safeName(name)
    let plain = String(safe.unicodeScalars.map { $0.isASCII && $0 != "\"" && $0 != "%" ? Character($0) : "_" })
    let whole = safe.utf8.map { byte in
      isPlain(byte)
        ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }.joined()
    return "attachment; filename=\"\(plain)\"; filename*=UTF-8''\(whole)"
  }

  /// Without folders, control and invisible characters, and leading dots; at most 150 characters, the last of which stay.
  static func safeName(_ name: String) -> String {
    let last = name.split { $0 == "/" || $0 == "\\" }.last.map(String.init) ?? ""
    var scalars = last.unicodeScalars.map { scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
        Unicode.Scalar("_")
      default: ":*?\"<>|;".unicodeScalars.contains(scalar) ? Unicode.Scalar("_") : scalar
      }
    }
    scalars = Array(scalars.suffix(150).drop { $0 == "." || $0.properties.isWhitespace })
    let safe = String(String.UnicodeScalarView(scalars))
    return safe.isEmpty ? "attachment" : safe
  }

  /// RFC 8187's attr-char.
  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "!#$&+-.^_`|~".utf8.contains(byte)
    }
  }

  private static func isMediaType(_ type: String) -> Bool {
    let parts = type.split(separator: "/", omittingEmptySubsequences: false)
    return parts.count == 2 && type.utf8.count <= 127
      && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(isPlain) }
  }
}
