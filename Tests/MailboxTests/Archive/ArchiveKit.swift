import Foundation
import XMLSecurity

@testable import Mailbox
@testable import SDKRelay

/// A node with messages that a registrar may export, and places to export them to.
final class ArchiveKit: Sendable {
  let messages: MessageKit
  let registrar: Principal
  let folder = FileManager.default.temporaryDirectory.appending(path: "archive-\(UUID().uuidString)")
  static let attachment = Array("%PDF-1.7 en bilaga\n".utf8)

  init() async throws {
    messages = try MessageKit()
    registrar = try await messages.user("registrator", [.role(.registrar)])
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(at: folder)
  }

  /// Puts in a message, and the files that it names.
  func put(_ change: (inout MessageKit.Plan) -> Void = { _ in }) async throws -> StoredMessage {
    let message = try await messages.put {
      $0.fileBytes = Self.attachment
      change(&$0)
    }
    for file in message.content.files {
      try messages.service.relay.replace(file, of: message, with: Self.attachment)
    }
    return message
  }

  func export(
    _ ids: [MessageID], as user: Principal? = nil, to place: ArchivePlace? = nil
  ) async throws -> ArchiveSummary {
    try await messages.service.exportArchive(
      .messages(ids), to: place ?? .folder(folder), agreement: "ÖK 2026-1", for: user ?? registrar,
      through: .operator("ops"), at: MessageKit.now)
  }

  /// A file of a package in a folder.
  func text(_ path: String, of package: ArchiveSummary) throws -> String {
    try String(contentsOf: package.place.appending(path: path), encoding: .utf8)
  }
}
