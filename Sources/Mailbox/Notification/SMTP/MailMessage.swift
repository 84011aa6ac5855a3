import Foundation

/// An e-mail of plain text, as it goes over the wire (RFC 5322, RFC 2045, RFC 2047).
///
/// Addresses have been checked; subject and text are encoded, so that nothing in them is a header or a command.
struct MailMessage: Hashable, Sendable {
  let from: MailAddress
  let to: MailAddress
  let subject: String
  let body: String
  /// The same at every attempt.
  let id: String
  let date: Date

  /// Lines of at most 76 characters, without the ends of lines.
  var lines: [String] {
    [
      "Date: \(Self.format(date))", "From: <\(from)>", "To: <\(to)>",
    ] + Self.folded("Subject:", Self.words(subject)) + [
      "Message-ID: <\(id)@\(from.domain)>",
      // No out-of-office answer may come to it (RFC 3834).
      "Auto-Submitted: auto-generated",
      "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64", "",
    ] + Self.pieces(Data(body.replacing("\n", with: "\r\n").utf8).base64EncodedString(), of: 76)
  }

  /// The text as encoded words, each with whole characters and at most 75 long.
  private static func words(_ text: String) -> [String] {
    var words: [String] = []
    var piece = ""
    func close() {
      if !piece.isEmpty { words.append("=?utf-8?B?\(Data(piece.utf8).base64EncodedString())?=") }
      piece = ""
    }
    for scalar in text.unicodeScalars {
      if piece.utf8.count + UTF8.width(scalar) > 42 { close() }
      piece.unicodeScalars.append(scalar)
    }
    close()
    return words
  }

  private static func folded(_ name: String, _ words: [String]) -> [String] {
    guard let first = words.first else { return [name] }
    return ["\(name) \(first)"] + words.dropFirst().map { " \($0)" }
  }

  private static func pieces(_ text: String, of length: Int) -> [String] {
    let bytes = Array(text.utf8)
    return stride(from: 0, to: bytes.count, by: length).map {
      String(decoding: bytes[$0..<min($0 + length, bytes.count)], as: UTF8.self)
    }
  }

  private static func format(_ date: Date) -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = .gmt
    formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss '+0000'"
    return formatter.string(from: date)
  }
}
