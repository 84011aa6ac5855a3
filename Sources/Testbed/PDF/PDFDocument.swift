/// Writes small real PDF 1.4 files: A4 pages of text in the standard fonts, with cross-reference table and metadata.
///
/// The demo and the tests need a document that any viewer opens, made without a stored binary file. The bytes depend on
/// the text only, so that a test can make the same file twice.
public struct PDFDocument: Sendable {
  /// A line of text, already short enough for the page.
  public enum Line: Hashable, Sendable {
    /// In the large bold font.
    case heading(String)
    /// In the normal font.
    case text(String)
    /// An empty line.
    case space
  }

  /// Shown by viewers as the document's name.
  public let title: String
  /// The pages, each a list of lines from the top.
  public private(set) var pages: [[Line]] = []

  /// A document without pages.
  public init(title: String) {
    self.title = title
  }

  /// Adds a page with a heading and paragraphs, and further pages where they do not fit on one.
  public mutating func add(heading: String, paragraphs: [String]) {
    var lines: [Line] = [.heading(heading), .space]
    for paragraph in paragraphs {
      lines += Self.wrap(paragraph).map(Line.text) + [.space]
    }
    for start in stride(from: 0, to: lines.count, by: Self.linesPerPage) {
      pages.append(Array(lines[start..<min(start + Self.linesPerPage, lines.count)]))
    }
  }

  /// The whole file.
  public func bytes() -> [UInt8] {
    // Objects: 1 catalog, 2 page tree, 3 and 4 fonts, 5 information, then a page and its content by turns.
    let kids = pages.indices.map { "\(Self.firstPage + 2 * $0) 0 R" }.joined(separator: " ")
    var objects = [
      Self.ascii("<< /Type /Catalog /Pages 2 0 R /Lang (sv-SE) /ViewerPreferences << /DisplayDocTitle true >> >>"),
      Self.ascii("<< /Type /Pages /Kids [\(kids)] /Count \(pages.count) >>"),
      Self.font("Helvetica"),
      Self.font("Helvetica-Bold"),
      Self.ascii("<< /Title ") + Self.literal(title) + Self.ascii(" /Producer (sdkrelay test bed) >>"),
    ]
    for (index, lines) in pages.enumerated() {
      let content = Self.content(lines, footer: "\(title) – sida \(index + 1) av \(pages.count)")
      objects.append(Self.page(content: Self.firstPage + 2 * index + 1))
      objects.append(
        Self.ascii("<< /Length \(content.count) >>\nstream\n") + content + Self.ascii("\nendstream"))
    }
    return Self.file(objects)
  }

  // MARK: Objects

  private static func file(_ objects: [[UInt8]]) -> [UInt8] {
    // Four bytes above 127 tell transfer programs that the file is binary (PDF 1.4, 3.4.1).
    var file = ascii("%PDF-1.4\n%") + [0xE2, 0xE3, 0xCF, 0xD3, 0x0A]
    var offsets: [Int] = []
    for (index, object) in objects.enumerated() {
      offsets.append(file.count)
      file += ascii("\(index + 1) 0 obj\n") + object + ascii("\nendobj\n")
    }
    let table = file.count
    file += ascii("xref\n0 \(objects.count + 1)\n0000000000 65535 f \n")
    for offset in offsets {
      let digits = String(offset)
      file += ascii(String(repeating: "0", count: 10 - digits.count) + digits + " 00000 n \n")
    }
    file += ascii("trailer\n<< /Size \(objects.count + 1) /Root 1 0 R /Info 5 0 R >>\nstartxref\n\(table)\n%%EOF\n")
    return file
  }

  private static func font(_ name: String) -> [UInt8] {
    ascii("<< /Type /Font /Subtype /Type1 /BaseFont /\(name) /Encoding /WinAnsiEncoding >>")
  }

  private static func page(content: Int) -> [UInt8] {
    ascii(
      "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents \(content) 0 R "
        + "/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>")
  }

  private static func content(_ lines: [Line], footer: String) -> [UInt8] {
    var content = ascii("BT\n\(lineHeight) TL\n60 770 Td\n")
    for line in lines {
      switch line {
      case .heading(let text): content += ascii("/F2 18 Tf\n") + literal(text) + ascii(" Tj T*\n")
      case .text(let text): content += ascii("/F1 11 Tf\n") + literal(text) + ascii(" Tj T*\n")
      case .space: content += ascii("T*\n")
      }
    }
    return content + ascii("ET\nBT\n/F1 9 Tf\n60 40 Td\n") + literal(footer) + ascii(" Tj\nET")
  }

  // MARK: Text

  /// A literal string: bytes above 127 as octal escapes.
  private static func literal(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = [UInt8(ascii: "(")]
    for scalar in text.unicodeScalars {
      let byte = windows1252(scalar)
      switch byte {
      case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
      case 32...126: bytes.append(byte)
      default: bytes += ascii("\\" + String(byte / 64) + String(byte / 8 % 8) + String(byte % 8))
      }
    }
    return bytes + [UInt8(ascii: ")")]
  }

  /// The font's encoding equals Latin 1 except for some punctuation; anything else becomes a question mark.
  private static func windows1252(_ scalar: Unicode.Scalar) -> UInt8 {
    let punctuation: [Unicode.Scalar: UInt8] = ["•": 0x95, "–": 0x96, "—": 0x97, "“": 0x93, "”": 0x94, "’": 0x92]
    if let byte = punctuation[scalar] { return byte }
    guard (32...126).contains(scalar.value) || (160...255).contains(scalar.value) else { return UInt8(ascii: "?") }
    return UInt8(scalar.value)
  }

  private static func wrap(_ paragraph: String) -> [String] {
    var lines: [String] = []
    for word in paragraph.split(separator: " ") {
      if let last = lines.last, last.count + 1 + word.count <= lettersPerLine {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }

  private static func ascii(_ text: String) -> [UInt8] { Array(text.utf8) }

  private static let firstPage = 6
  private static let linesPerPage = 42
  private static let lettersPerLine = 84
  private static let lineHeight = 16
}
