import SDKRelay
import XMLSecurity

/// The SHA-256 of everything that a message says, as whoever has the message can make it too (docs/records.md).
///
/// It covers these bytes: the line `sdk-relay content 1`, then for each part its name, a space, the number of bytes of
/// its UTF-8, a colon, these bytes, and a line feed. The parts: `subject`; then for each document each `text`, and for
/// each of its attachments `file` (its name), `type`, and `sha256` (in lower-case hexadecimal).
enum ContentDigest {
  static func make(of content: StoredContent) -> [UInt8] {
    var bytes = Array("sdk-relay content 1\n".utf8)
    func add(_ name: String, _ value: String) {
      bytes += Array("\(name) \(value.utf8.count):\(value)\n".utf8)
    }
    add("subject", content.subject)
    for document in content.documents {
      for text in document.texts { add("text", text) }
      for file in document.files {
        add("file", file.name)
        add("type", file.contentType)
        add("sha256", file.sha256)
      }
    }
    return digest(.sha256, of: bytes)
  }
}
