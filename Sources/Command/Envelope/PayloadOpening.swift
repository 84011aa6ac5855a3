import Foundation
import SDKRelay
import XMLSecurity

/// Decrypts a verified envelope's payload, checks it and, where wanted, saves it.
///
/// Plain text goes nowhere but into the folder that was asked for: without one it is only looked at.
struct PayloadOpening {
  let verified: VerifiedEnvelope
  let keys: [PrivateKey]
  let out: String?

  /// In bytes, far above any receipt.
  private static let maximumReceipt = 1 << 20

  /// Which attachments are taken is the recipient's own rule, and this is only a look.
  private static let limits: PayloadLimits = {
    var limits = PayloadLimits.incoming
    limits.allowedTypes = [PayloadLimits.anyType]
    return limits
  }()

  func run(into content: inout OpenedContent) throws {
    do {
      try open(into: &content)
    } catch is ByteLimitExceeded {
      content.reason = "the receipt is larger than \(Self.maximumReceipt) bytes"
    }
  }

  private func open(into content: inout OpenedContent) throws {
    guard verified.header.isEncryptedAsRequired || !verified.header.documentID.isMessage else {
      return refuse([PayloadRule.unencrypted.problem()], in: &content)
    }
    guard let out else { return try look(into: &content) }
    let folder = try SafeFolder(URL(filePath: out))
    // What waits here is gone unless the whole payload could be opened.
    let waiting = folder.folder.appending(path: ".opening-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: waiting) }
    try save(to: folder, by: Spool(folder: waiting), into: &content)
  }

  private func look(into content: inout OpenedContent) throws {
    if verified.header.documentID.isReceipt {
      let receipt = MemorySink(limit: Self.maximumReceipt)
      _ = try verified.open(with: keys, into: receipt)
      return show(receipt: receipt.bytes, in: &content)
    }
    guard verified.header.documentID.isMessage else {
      // Nothing is known about other documents: that it can be opened is all there is to say.
      _ = try verified.open(with: keys, into: DiscardingSink())
      return
    }
    let reader = PayloadReader(limits: Self.limits, store: NoAttachments())
    _ = try verified.open(with: keys, into: reader)
    try show(reader.result(), in: &content) { _ in nil }
  }

  private func save(to folder: SafeFolder, by spool: Spool, into content: inout OpenedContent) throws {
    let attachments = SpooledAttachments(spool)
    let payload = try spool.create()
    let reader = PayloadReader(limits: Self.limits, store: attachments)
    let isMessage = verified.header.documentID.isMessage
    _ = try verified.open(with: keys, into: isMessage ? TeeSink([reader, payload]) : payload)
    content.saved.append(try copy(payload.temporaryURL, as: "payload.xml", to: folder))
    if verified.header.documentID.isReceipt {
      let receipt = MemorySink(limit: Self.maximumReceipt)
      try readFile(payload.temporaryURL, into: receipt)
      return show(receipt: receipt.bytes, in: &content)
    }
    guard isMessage else { return }
    try show(reader.result(), in: &content) { file in
      try attachments.files[file.content.number].map { try copy($0.temporaryURL, as: file.fileName, to: folder) }
    }
    for (index, text) in content.texts.enumerated() {
      let (url, handle) = try folder.create("text-\(index + 1).md")
      try handle.write(contentsOf: Data(text.utf8))
      content.saved.append(url.path)
    }
  }

  /// - Parameter save: saves an attachment and gives its path; nil where nothing is saved.
  private func show(
    _ reading: PayloadReading, in content: inout OpenedContent, save: (ContentFile) throws -> String?
  ) throws {
    switch reading {
    case .unreadable(let problem): content.reason = problem.description
    case .invalid(let problems): refuse(problems, in: &content)
    case .valid(let message):
      content.subject = message.header.label
      content.confidential = message.header.confidentiality
      content.texts = message.documents.flatMap(\.texts)
      content.files = try message.files.map { file in
        OpenedContent.File(
          name: file.fileName, contentType: file.contentType, size: file.content.size,
          sha256: Hexadecimal.encode(file.content.sha256), path: try save(file))
      }
      refuse(PayloadAddressing(message.header).problems(with: verified.header), in: &content)
    }
  }

  private func show(receipt bytes: [UInt8], in content: inout OpenedContent) {
    let receipt = ReceiptView(ReceiptReader.read(bytes))
    content.receipt = receipt
    if !receipt.valid { content.reason = "the receipt breaks its rules" }
  }

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
