import Foundation
import SDKRelay
import XMLSecurity

/// Writes a package: the messages' files first, then what lists them, and the package's own METS.xml last.
struct ArchiveWriter {
  let id: String
  let messages: [ArchivedMessage]
  let submitter: ArchiveAgent
  /// The agreement with the archive, as it names it.
  let agreement: String?
  let created: Date
  let target: any ArchiveTarget
  /// Writes an attachment's bytes.
  let attachment: (StoredContent.File, StoredMessage, any ByteSink) throws -> Void
  /// Writes a message's evidence bundle; false where nothing has been signed.
  let evidence: (StoredMessage, SpoolFile) throws -> Bool
  /// Where bundles lie until they are in the package.
  let scratch: Spool

  func write() throws {
    let entries = try messages.enumerated().map { try write($1, number: $0 + 1) }
    let described = try add("\(ArchiveLayout.representationFolder)/\(ArchiveLayout.mets)") { sink in
      try representation(entries.flatMap(\.files)).write(into: sink)
    }
    let descriptive = try add(ArchiveLayout.descriptive) { sink in
      try DescriptiveDocument(package: id, messages: messages, submitter: submitter).write(into: sink)
    }
    let preservation = try add(ArchiveLayout.preservation) { sink in
      try PremisDocument(package: id, entries: entries, submitter: submitter, created: created).write(into: sink)
    }
    let readme = try add(ArchiveLayout.readme, "text/plain") { sink in
      try sink.write(ArchiveReadme.text(id, messages: messages.count, submitter: submitter, at: created))
    }
    let schema = try add(ArchiveLayout.schema) { try $0.write(RecordSchema.text) }
    let groups: [MetsDocument.Group] = [
      .init(use: "Documentation", id: "documentation", files: [readme]),
      .init(use: "Schemas", id: "schemas", files: [schema]),
      .init(
        use: "Representations/\(ArchiveLayout.representation)", id: ArchiveLayout.representation, files: [described]),
    ]
    let package = MetsDocument(
      id: id, label: label, created: created, submitter: submitter, agreement: agreement, descriptive: [descriptive],
      preservation: [preservation], groups: groups, base: "")
    _ = try add(ArchiveLayout.mets) { try package.write(into: $0) }
    try target.finish()
  }

  private var label: String { "SDK messages of \(submitter.id)" }

  private func representation(_ files: [ArchivedFile]) -> MetsDocument {
    MetsDocument(
      id: ArchiveLayout.representation, label: label, created: created, submitter: submitter,
      agreement: nil, descriptive: [], preservation: [], groups: [.init(use: "Data", id: "data", files: files)],
      base: ArchiveLayout.representationFolder + "/")
  }

  // MARK: A message

  private func write(_ archived: ArchivedMessage, number: Int) throws -> PremisDocument.Entry {
    let message = archived.message
    let folder = "\(ArchiveLayout.representationFolder)/\(ArchiveLayout.folder(number))"
    let attachments = message.content.files.enumerated().map {
      ArchivedAttachment(file: $1, path: ArchiveLayout.attachment($0 + 1, $1.name))
    }
    var names: [String: String] = [:]
    var files = try attachments.map { attachment in
      let path = "\(folder)/\(attachment.path)"
      names[path] = attachment.file.name
      return try write(attachment, of: message, to: path)
    }
    let bundle = try evidence(message, in: folder)
    files.append(
      try add("\(folder)/record.xml") { sink in
        try MessageRecord(
          archived: archived, attachments: attachments, evidence: bundle == nil ? nil : "evidence.asice"
        )
        .write(into: sink)
      })
    files.append(
      try add("\(folder)/message.html", "text/html") { sink in
        try ReadableMessage(archived: archived, attachments: attachments, hasEvidence: bundle != nil).write(into: sink)
      })
    return PremisDocument.Entry(archived: archived, files: files + (bundle.map { [$0] } ?? []), originalNames: names)
  }

  /// Nobody takes for the original what is not.
  private func write(_ attachment: ArchivedAttachment, of message: StoredMessage, to path: String) throws
    -> ArchivedFile
  {
    let written = try add(path, attachment.file.contentType) { try self.attachment(attachment.file, message, $0) }
    guard written.sha256 == attachment.file.sha256 else { throw ArchiveProblem.attachmentChanged(message.id) }
    return written
  }

  /// The bundle is a zip file of its own, whose sizes are known only when it is whole.
  private func evidence(_ message: StoredMessage, in folder: String) throws -> ArchivedFile? {
    let file = try scratch.create()
    defer { file.discard() }
    guard try evidence(message, file) else { return nil }
    try file.close()
    return try add("\(folder)/evidence.asice", ArchiveLayout.evidenceType) { try readFile(file.temporaryURL, into: $0) }
  }

  private func add(
    _ path: String, _ mediaType: String = "application/xml", _ write: (any ByteSink) throws -> Void
  ) throws -> ArchivedFile {
    try target.add(path, mediaType, write)
  }
}
