package import Foundation
package import XMLSecurity

/// Seals what belongs to one message with its data key, so that it opens as nothing else.
package struct ContentSeal: Sendable {
  private let key: SealKey
  private let owner: String

  package init(_ key: SealKey, of participant: ParticipantID, _ direction: MessageDirection, _ id: MessageID) {
    self.key = key
    owner = "\(participant.comparable)\n\(direction.rawValue)\n\(id.comparable)"
  }

  /// - Parameter kind: what it is, among the message's things.
  package func seal(_ bytes: [UInt8], as kind: String) -> Data {
    Data(key.seal(bytes, binding: binding(kind)))
  }

  /// - Throws: ``ContentProblem/damaged``.
  package func open(_ sealed: Data, as kind: String) throws(ContentProblem) -> [UInt8] {
    do {
      return try key.open([UInt8](sealed), binding: binding(kind))
    } catch {
      throw .damaged
    }
  }

  private func binding(_ kind: String) -> [UInt8] { Array("sdk-relay \(kind) 1\n\(owner)".utf8) }
}

extension StoredContent {
  /// As it is stored.
  package func sealed(_ seal: ContentSeal) throws -> Data {
    seal.seal([UInt8](try JSONEncoder.stable().encode(self)), as: "content")
  }

  init(_ sealed: Data, _ seal: ContentSeal) throws {
    self = try JSONDecoder().decode(StoredContent.self, from: Data(seal.open(sealed, as: "content")))
  }

  /// Stands in lists for content that cannot be had: it says so, and counts as under secrecy.
  init(without problem: ContentProblem) {
    self.init(
      subject: problem.inPlaceOfSubject, isConfidential: true, references: [], returnedReferences: [], documents: [])
  }
}

extension StoredMessage {
  /// Seals what belongs to the message; nil where its key cannot be had.
  package var seal: ContentSeal? { key.map { ContentSeal($0, of: participant, direction, id) } }

  /// The content, where it can be had.
  public func openContent() throws(ContentProblem) -> StoredContent {
    if let contentProblem { throw contentProblem }
    return content
  }
}
