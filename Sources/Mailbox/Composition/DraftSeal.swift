import Foundation
import GRDB
import SDKRelay
import XMLSecurity

/// Seals what a draft says with the draft's own key, which goes with its row.
struct DraftSeal {
  let key: SealKey
  /// What the key is sealed for.
  let owner: String

  init(_ key: SealKey, of id: MessageID) {
    self.key = key
    owner = Self.owner(id)
  }

  /// - Throws: ``ContentProblem`` where the key cannot be had.
  init(ofDraft row: Int64, in db: Database) throws {
    let found = try db.row(
      sql: "SELECT draftId, unwrapKey(keyName, wrapped, 'draft ' || lower(draftId)) AS dataKey FROM draft WHERE id = ?",
      arguments: [row])
    guard let found, let id = MessageID(found["draftId"]) else { throw DraftProblem.notFound }
    let state = KeyState(found)
    guard let key = state.key else { throw state.problem ?? ContentProblem.destroyed }
    self.init(key, of: id)
  }

  func seal(_ content: DraftContent) throws -> Data {
    Data(key.seal([UInt8](try JSONEncoder.stable().encode(content)), binding: binding("content")))
  }

  func seal(_ fileName: String) -> Data { Data(key.seal(Array(fileName.utf8), binding: binding("file name"))) }

  /// - Throws: ``ContentProblem/damaged``.
  func content(_ sealed: Data) throws -> DraftContent {
    guard let opened = try? key.open([UInt8](sealed), binding: binding("content")),
      let content = try? JSONDecoder().decode(DraftContent.self, from: Data(opened))
    else { throw ContentProblem.damaged }
    return content
  }

  /// - Throws: ``ContentProblem/damaged``.
  func fileName(_ sealed: Data) throws -> String {
    guard let opened = try? key.open([UInt8](sealed), binding: binding("file name")) else {
      throw ContentProblem.damaged
    }
    return String(decoding: opened, as: UTF8.self)
  }

  private func binding(_ kind: String) -> [UInt8] { Array("sdk-relay draft \(kind) 1\n\(owner)".utf8) }

  private static func owner(_ id: MessageID) -> String { "draft \(id.comparable)" }
}
