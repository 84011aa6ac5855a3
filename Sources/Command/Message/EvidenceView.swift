import Foundation
import SDKRelay
import XMLSecurity

/// One piece of a message's signed proof; with `--json` exactly these fields.
struct EvidenceView: Encodable {
  /// `message` or `messageReceipt`.
  let document: String
  /// `envelope`, `userMessage` or `transportReceipt`.
  let kind: String
  let time: Date
  let transportID: String
  /// What `messages save --evidence` calls it.
  let file: String

  init(_ evidence: Evidence) {
    document = evidence.document.rawValue
    kind = evidence.kind.rawValue
    time = evidence.time
    transportID = evidence.transportID
    file = evidence.fileName
  }

  static func table(_ views: [EvidenceView]) -> Table {
    Table(header: [], rows: views.map { ["  \($0.file)", localTime($0.time), printable($0.transportID)] })
  }
}

extension Evidence {
  /// The name to save it under.
  var fileName: String {
    switch (document, kind) {
    case (.message, .envelope): "envelope.xml"
    case (.message, .userMessage): "user-message.xml"
    case (.message, .transportReceipt): "transport-receipt.xml"
    case (.messageReceipt, .envelope): "message-receipt.xml"
    case (.messageReceipt, .userMessage): "message-receipt-user-message.xml"
    case (.messageReceipt, .transportReceipt): "message-receipt-transport-receipt.xml"
    }
  }

  private var file: URL? {
    if case .file(let file) = content { file.url } else { nil }
  }

  /// Writes it into the folder and gives its SHA-256.
  func save(in folder: SafeFolder) throws -> (url: URL, size: Int, sha256: String) {
    let (url, handle) = try folder.create(fileName)
    do {
      let digest = DigestSink(.sha256, next: FileSink(handle))
      let counted = CountingSink(next: digest)
      try naming(file, fileName) { try write(into: counted) }
      try counted.close()
      return (url, counted.count, Hexadecimal.encode(digest.digest()))
    } catch {
      unlink(url.path)
      throw error
    }
  }
}
