import Foundation
import Hummingbird
import NIOCore
import SDKRelay
import XMLSecurity

/// An answer with a message's content, written in streams: the attachments never lie in memory whole.
///
/// The JSON is made with a mark where each attachment belongs, and each mark is replaced by the file's base64 as it is
/// written.
struct MessageContent: Sendable {
  private let pieces: [Piece]

  private enum Piece: Sendable {
    case text([UInt8])
    case file(StoredFile, size: Int)
  }

  /// - Parameter withoutTexts, withoutFiles: what the client asked to leave out.
  init(
    _ message: StoredMessage, events: [RelayEvent], self address: String, withoutTexts: Bool, withoutFiles: Bool,
    stored: (StoredContent.File) -> StoredFile
  ) throws {
    let mark = "@\(UUID().uuidString)@"
    var files: [Piece] = []
    let documents = message.content.documents.map { document in
      APIMessage.DigitalDocument(
        documentId: document.id, documentName: document.name, index: document.index,
        contentTextBody: withoutTexts || document.texts.isEmpty ? nil : document.texts,
        contentFiles: withoutFiles || document.files.isEmpty
          ? nil
          : document.files.map { file in
            files.append(.file(stored(file), size: file.size))
            return APIMessage.ContentFile(fileName: file.name, contentType: file.contentType, content: mark)
          })
    }
    let answer = APIAnswer(
      links: .init(self: address), data: APIMessage(message, events: events, documents: documents))
    let encoder = JSONEncoder.stable()
    let text = String(decoding: try encoder.encode(answer), as: UTF8.self)
    let texts = text.components(separatedBy: mark)
    var pieces: [Piece] = []
    for (index, part) in texts.enumerated() {
      pieces.append(.text(Array(part.utf8)))
      if index < files.count { pieces.append(files[index]) }
    }
    self.pieces = pieces
  }

  var response: Response {
    let length = pieces.reduce(0) { sum, piece in
      switch piece {
      case .text(let bytes): sum + bytes.count
      case .file(_, let size): sum + (size + 2) / 3 * 4
      }
    }
    return Response(
      status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
      body: ResponseBody(contentLength: length) { writer in
        for piece in pieces {
          switch piece {
          case .text(let bytes): try await writer.write(ByteBuffer(bytes: bytes))
          case .file(let file, _): try await Self.write(file, to: &writer)
          }
        }
        try await writer.finish(nil)
      })
  }

  /// Chunks hold a multiple of three bytes, so that the pieces of base64 join.
  private static func write(_ file: StoredFile, to writer: inout any ResponseBodyWriter) async throws {
    let reader = try file.open()
    for number in 0..<reader.chunks {
      try await writer.write(ByteBuffer(string: Base64.encode(reader.chunk(number))))
    }
  }
}
