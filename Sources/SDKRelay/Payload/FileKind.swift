import XMLSecurity

/// What a file is by its first bytes, and under which media types such a file may go.
///
/// Only kinds that show themselves beyond doubt are here. Text, and formats that begin like others, cannot be told: a
/// file of no kind goes under any type.
struct FileKind: Hashable, Sendable {
  /// The media types, in lower case; one that ends with `*` stands for all that begin so.
  private let types: [String]
  /// Types that those do not stand for after all.
  private let others: Set<String>

  private init(_ types: String..., except others: Set<String> = []) {
    self.types = types
    self.others = others
  }

  /// As much of a file's beginning as is needed.
  static let headSize = 1_024

  /// Nil where the content cannot be told.
  init?(_ head: [UInt8]) {
    guard let kind = Self.kind(head) else { return nil }
    self = kind
  }

  /// Whether a file of this kind may be declared as the type. Bytes of no stated type may be anything.
  func isAllowed(as contentType: String) -> Bool {
    let type = AttachmentType.essence(contentType)
    guard !others.contains(type) else { return false }
    return type == "application/octet-stream"
      || types.contains { $0.hasSuffix("*") ? type.hasPrefix($0.dropLast()) : $0 == type }
  }

  // MARK: Kinds

  private static func kind(_ head: [UInt8]) -> FileKind? {
    for (magic, kind) in magics where head.starts(with: magic) { return kind }
    if head.starts(with: Array("PK".utf8) + [3, 4]) { return openDocument(head) ?? zip }
    if isProgram(head) { return program }
    return isPage(head) ? page : nil
  }

  private static let magics: [([UInt8], FileKind)] = [
    (Array("%PDF-".utf8), FileKind("application/pdf", "application/x-pdf")),
    ([0x89] + Array("PNG\r\n".utf8) + [0x1A, 0x0A], FileKind("image/png", "image/apng", "image/x-png")),
    ([0xFF, 0xD8, 0xFF], FileKind("image/jpeg", "image/jpg", "image/pjpeg")),
    (Array("GIF87a".utf8), gif),
    (Array("GIF89a".utf8), gif),
    (Array("II*\0".utf8), tiff),
    (Array("MM\0*".utf8), tiff),
    // Word writes such files under the name of its own format too.
    (Array("{\\rtf".utf8), FileKind("application/rtf", "text/rtf", "text/richtext", "application/msword")),
    // Old office documents, and new ones with a password.
    (
      [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1],
      FileKind(
        "application/msword", "application/vnd.ms-*", "application/vnd.visio",
        "application/vnd.openxmlformats-officedocument.*")
    ),
    ([0x1F, 0x8B, 0x08], FileKind("application/*", except: unpacked.union(["application/zip"]))),
    (Array("7z".utf8) + [0xBC, 0xAF, 0x27, 0x1C], FileKind("application/x-7z-compressed")),
    (Array("Rar!".utf8) + [0x1A, 0x07], FileKind("application/vnd.rar", "application/x-rar*")),
    ([0x7F] + Array("ELF".utf8), program),
    (Array("PK".utf8) + [5, 6], zip),
  ]

  private static let gif = FileKind("image/gif")
  private static let tiff = FileKind("image/tiff*", "image/tif", "image/x-tif*", "image/x-adobe-dng")
  private static let program = FileKind(
    "application/vnd.microsoft.portable-executable", "application/x-msdownload", "application/x-dosexec",
    "application/x-elf", "application/x-executable", "application/x-sharedlib")
  /// Many formats are archives of this kind.
  private static let zip = FileKind("application/*", except: unpacked.union(["application/gzip"]))
  /// Formats that are never archives.
  private static let unpacked: Set = [
    "application/pdf", "application/x-pdf", "application/rtf", "application/msword", "application/xml",
    "application/xhtml+xml", "application/json",
  ]
  private static let page = FileKind("text/*", "application/xhtml+xml", "application/xml", "application/vnd.ms-*")

  /// An OpenDocument file, whose type stands uncompressed in its first entry.
  private static func openDocument(_ head: [UInt8]) -> FileKind? {
    let name = Array("mimetypeapplication/vnd.oasis.opendocument.".utf8)
    guard head.count > 30 + name.count, head[30...].starts(with: name) else { return nil }
    let type = head[38...].prefix { (0x61...0x7A).contains($0) || "/.-+".utf8.contains($0) }
    // The next entry follows the type at once; it begins with “PK”, in upper case.
    return FileKind(String(decoding: type, as: UTF8.self), "application/zip", "application/x-zip*")
  }

  /// A program for Windows: two letters are too few to tell, so its second header must be where the first one says.
  private static func isProgram(_ head: [UInt8]) -> Bool {
    guard head.starts(with: Array("MZ".utf8)), head.count >= 64 else { return false }
    let offset = head[60..<64].reversed().reduce(0) { $0 << 8 | Int($1) }
    return offset < head.count && head[offset...].starts(with: Array("PE\0\0".utf8))
  }

  /// A web page, which may hold scripts.
  private static func isPage(_ head: [UInt8]) -> Bool {
    let text = head.drop { [0xEF, 0xBB, 0xBF, 0x20, 0x09, 0x0A, 0x0D].contains($0) }.prefix(16)
    let beginning = String(decoding: text, as: UTF8.self).lowercased()
    return ["<!doctype html", "<html", "<script"].contains { beginning.hasPrefix($0) }
  }
}

/// Keeps the first bytes of what passes.
final class HeadSink: ByteSink {
  private(set) var head: [UInt8] = []
  private let next: any ByteSink

  init(next: any ByteSink) {
    self.next = next
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    let missing = FileKind.headSize - head.count
    if missing > 0 { head.append(contentsOf: bytes.prefix(missing)) }
    try next.write(bytes)
  }

  func close() throws {
    try next.close()
  }
}
