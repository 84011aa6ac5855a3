import Foundation
import SDKRelay

/// The parts of a message as options give them. Each is looked at by itself first, so that a refusal names the option; the
/// whole message is checked by every rule when it is submitted.
struct Letter {
  var text: String?
  /// A file's path, or `-` for standard input.
  var textFile: String?
  var attach: [String] = []
  /// `ROOT=EXTENSION`
  var reference: [String] = []

  /// - Parameter limit: in bytes, for a file.
  func messageText(limit: Int) throws -> String? {
    guard let textFile else {
      if let text { try Self.check(text, "--text") }
      return text
    }
    let name = textFile == "-" ? "standard input" : textFile
    let bytes: [UInt8]
    do {
      bytes =
        textFile == "-"
        ? try NamedFile.read(STDIN_FILENO, named: name, limit: limit) : try NamedFile.read(textFile, limit: limit)
    } catch {
      throw error.isTooLarge ? SubmissionProblem.tooLarge(limit: limit) : error
    }
    guard let text = String(bytes: bytes, encoding: .utf8) else {
      throw CommandProblem.refused("\(name) must be UTF-8 text")
    }
    try Self.check(text, name)
    return text
  }

  func attachments() throws -> [Draft.Attachment] {
    let limit = PayloadLimits.outgoing.maximumFiles
    guard attach.count <= limit else {
      throw CommandProblem.refused("--attach is given \(attach.count) times; a message has at most \(limit) files")
    }
    return try attach.map { path in
      guard try NamedFile.size(path) > 0 else { throw CommandProblem.refused("\(path) is empty") }
      let file = URL(filePath: path)
      try Self.check(file.lastPathComponent, "the name of \(path)")
      return Draft.Attachment(file, contentType: mediaType(of: file))
    }
  }

  func references() throws -> [Draft.Reference] {
    try reference.map { text in
      guard let equals = text.firstIndex(of: "="), equals != text.startIndex, text.last != "=" else {
        throw CommandProblem.couldNotRun("a reference is ROOT=EXTENSION, such as dnr=KOM-2026/1234")
      }
      let (root, value) = (String(text[..<equals]), String(text[text.index(after: equals)...]))
      try Self.check(root, "the root of a --reference")
      try Self.check(value, "the extension of a --reference", maximum: 256)
      return Draft.Reference(root: root, value: value)
    }
  }

  /// Refuses what no element of a message can hold: nothing but white space, or a character that XML does not have.
  static func check(_ text: String, _ name: String, maximum: Int = .max) throws {
    let scalars = text.unicodeScalars
    guard scalars.contains(where: { !" \t\r\n".unicodeScalars.contains($0) }) else {
      throw CommandProblem.refused("\(name) is empty")
    }
    guard scalars.count <= maximum else {
      throw CommandProblem.refused("\(name) has \(scalars.count) characters; at most \(maximum) are allowed")
    }
    if let wrong = scalars.first(where: { !isXML($0) }) {
      let code = String(wrong.value, radix: 16, uppercase: true)
      throw CommandProblem.refused("\(name) has a character that a message cannot carry: U+\(code)")
    }
  }

  /// XML 1.0, production Char.
  private static func isXML(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x9, 0xA, 0xD, 0x20...0xFFFD, 0x10000...: true
    default: false
    }
  }
}
