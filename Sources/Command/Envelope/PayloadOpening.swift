import Foundation
import SDKRelay
import XMLSecurity

/// Decrypts a verified envelope's payload, checks it and, where wanted, saves it.
struct PayloadOpening {
  let verified: VerifiedEnvelope
  let keys: [PrivateKey]
  let out: String?

  func run(into content: inout OpenedContent) throws {
    // Attachments wait beside where they will be saved, and vanish unless the whole payload is valid.
    let waiting = FileManager.default.temporaryDirectory.appending(path: "sdkrelay-open-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: waiting) }
    let attachments = SpooledAttachments(try Spool(folder: waiting))
    let payload = try Spool(folder: waiting).create()
    let reader = PayloadReader(store: attachments)
    let isMessage = verified.header.documentID.isMessage
    _ = try verified.open(with: keys, into: isMessage ? TeeSink([reader, payload]) : payload)
    let folder = try out.map { try SafeFolder(URL(filePath: $0)) }
    if let folder { content.saved.append(try copy(payload.temporaryURL, as: "payload.xml", to: folder)) }
    guard isMessage else { return try showReceipt(payload.temporaryURL, in: &content) }
    switch reader.result() {
    case .valid(let message): try show(message, attachments, folder, in: &content)
    case .invalid(let problems): refuse(problems, in: &content)
    case .unreadable(let problem): content.reason = problem.description
    }
  }

  private func show(
    _ message: Payload, _ attachments: SpooledAttachments, _ folder: SafeFolder?, in content: inout OpenedContent
  ) throws {
    content.subject = message.header.label
    content.confidential = message.header.confidentiality
    content.texts = message.documents.flatMap(\.texts)
    if let folder {
      for (index, text) in content.texts.enumerated() {
        let (url, handle) = try folder.create("text-\(index + 1).md")
        try handle.write(contentsOf: Data(text.utf8))
        content.saved.append(url.path)
      }
    }
    content.files = try message.files.map { file in
      var shown = OpenedContent.File(
        name: file.fileName, contentType: file.contentType, size: file.content.size,
        sha256: hexadecimal(file.content.sha256))
      if let folder, let spooled = attachments.files[file.content.number] {
        shown.path = try copy(spooled.temporaryURL, as: file.fileName, to: folder)
      }
      return shown
    }
    refuse(PayloadAddressing(message.header).problems(with: verified.header), in: &content)
  }

  private func showReceipt(_ file: URL, in content: inout OpenedContent) throws {
    guard verified.header.documentID.isReceipt else { return }
    let bytes = MemorySink(limit: Self.maximumReceipt)
    try readFile(file, into: bytes)
    let receipt = ReceiptView(ReceiptReader.read(bytes.bytes))
    content.receipt = receipt
    if !receipt.valid { content.reason = "the receipt breaks its rules" }
  }

  /// In bytes, far above any receipt.
  private static let maximumReceipt = 1 << 20

  private func refuse(_ problems: [PayloadProblem], in content: inout OpenedContent) {
    guard !problems.isEmpty else { return }
    content.problems += problems.map(ProblemReport.Problem.init)
    content.reason = problems.count == 1 ? "the payload has 1 problem" : "the payload has \(problems.count) problems"
  }

  private func copy(_ source: URL, as name: String, to folder: SafeFolder) throws -> String {
    let (url, handle) = try folder.create(name)
    let sink = FileSink(handle)
    try readFile(source, into: sink)
    try sink.close()
    return url.path
  }
}
