import Foundation
import Testing
import XMLSecurity

@testable import SDKRelay

@Suite("Case 8: files by their content, not by their name")
struct FileKindTests {
  private static let docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
  private static let odt = "application/vnd.oasis.opendocument.text"
  private static let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0]
  private static let ole: [UInt8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, 0]
  private static let program: [UInt8] =
    Array("MZ".utf8) + [UInt8](repeating: 0, count: 58) + [64, 0, 0, 0] + Array("PE\0\0".utf8)
  private static let openDocument: [UInt8] =
    Array("PK".utf8) + [3, 4] + [UInt8](repeating: 0, count: 26) + Array("mimetype\(odt)PK".utf8)

  static let cases: [(content: [UInt8], type: String, isRight: Bool)] = [
    (Array("%PDF-1.7\n".utf8), "application/pdf", true), (Array("%PDF-1.7\n".utf8), "Application/PDF; a=b", true),
    (Array("%PDF-1.7\n".utf8), "image/png", false), (Array("%PDF-1.7\n".utf8), "text/plain", false),
    (png, "image/png", true), (png, "application/pdf", false), (png, "image/jpeg", false),
    ([0xFF, 0xD8, 0xFF, 0xE0], "image/jpeg", true), ([0xFF, 0xD8, 0xFF, 0xE0], "image/png", false),
    (Array("GIF89a".utf8), "image/gif", true), (Array("GIF89a".utf8), "application/pdf", false),
    (Array("II*\0".utf8), "image/tiff", true), (Array("MM\0*".utf8), "image/tiff", true),
    (Array("MM\0*".utf8), "text/plain", false),
    (Array("{\\rtf1".utf8), "application/rtf", true), (Array("{\\rtf1".utf8), "application/msword", true),
    (Array("{\\rtf1".utf8), "text/plain", false),
    (ole, "application/msword", true), (ole, "application/vnd.ms-excel", true), (ole, docx, true),
    (ole, "application/pdf", false),
    (Array("PK".utf8) + [3, 4, 0], docx, true), (Array("PK".utf8) + [3, 4, 0], "application/zip", true),
    (Array("PK".utf8) + [3, 4, 0], "application/vnd.etsi.asic-e+zip", true),
    (Array("PK".utf8) + [3, 4, 0], "application/pdf", false), (Array("PK".utf8) + [3, 4, 0], "text/plain", false),
    (openDocument, odt, true), (openDocument, docx, false), (openDocument, "application/zip", true),
    (program, "application/pdf", false), (program, "text/plain", false), (program, "application/zip", false),
    (program, "application/x-msdownload", true), ([0x7F] + Array("ELF".utf8), "image/png", false),
    (Array("\u{FEFF}\n <!DOCTYPE html>".utf8), "application/pdf", false), (Array("<html>".utf8), "text/html", true),
    (Array("<script>".utf8), "image/png", false), (Array("<html>".utf8), "text/plain", true),
    // Bytes of no stated type may be anything.
    (program, "application/octet-stream", true), (png, "application/octet-stream", true),
    // What cannot be told passes.
    (Array("Hej".utf8), "application/pdf", true), (Array("MZ är en bokstavskombination".utf8), "text/plain", true),
    (Array("\n%PDF-1.4".utf8), "application/pdf", true), ([], "image/png", true), ([0x50], "text/plain", true),
    (Array("PK i klartext".utf8), "text/plain", true), ([0, 1, 2, 3], docx, true),
  ]

  @Test("a kind that shows itself must be the declared one; whatever cannot be told passes", arguments: cases)
  func kinds(_ content: [UInt8], _ type: String, _ isRight: Bool) {
    #expect(FileKind(content)?.isAllowed(as: type) != false || !isRight)
    #expect((FileKind(content)?.isAllowed(as: type) ?? true) == isRight)
  }

  @Test("no content, however it is cut, takes the reader down")
  func cut() {
    for (content, _, _) in Self.cases {
      for count in 0...content.count { _ = FileKind(Array(content.prefix(count))) }
    }
  }

  @Test("case 8: an incoming file that is not what it says is BV not-supported, at its place, and none is sent")
  func exchange() async throws {
    try await withNet(running: [1]) { net in
      var message = try HandMade(net)
      message.payload.documents[0].files = [
        ContentFile(
          fileName: "a.pdf", contentType: "image/png",
          content: ContentReference(number: 0, size: Self.png.count, sha256: digest(.sha256, of: Self.png)))
      ]
      message.files = [Self.png]
      let sink = MemorySink()
      let limits = PayloadLimits(maximumBytes: 1 << 20, allowedTypes: [PayloadLimits.anyType])
      try PayloadWriter.write(message.payload, limits: limits, into: sink) { _, content in try content.write(Self.png) }
      message.rawPayload = Array(
        String(decoding: sink.bytes, as: UTF8.self).replacing("image/png", with: "application/pdf").utf8)
      try await message.send(to: net)
      try await net.settle(1)
      #expect(try net.verdicts() == ["REJECTED BV not-supported"])
      #expect(try net.receipts().first?.lines.first?.lineID.hasSuffix("/ns:ContentFiles[1]/ns:content") == true)
      #expect(try net.delivered == 0)

      let draft = net.draft(attachments: [try net.file(Self.png)])
      await #expect { try await net.nodes[0].relay.submit(draft) } throws: {
        guard case SubmissionProblem.invalid(let problems) = $0 else { return false }
        return problems.map(\.rule) == ["file-content"]
      }
    }
  }
}
