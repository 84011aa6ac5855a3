import Foundation
import Testing
import XMLSecurity

@testable import SDKRelay

/// What the tests of the AS4 layer share: a federation of three access points, and a forge for messages of any shape.
enum AS4Kit {
  static let mode = ProcessingMode.federation
  static let action = ProcessingMode.action(
    documentID: "urn:riv:infrastructure:messaging:MessageWithAttachments:3::messagePayload##3.0::tm-base-ext-sigenc")

  /// A user message from one access point to another.
  static func message(from: String = "ap-a", to: String = "ap-b", mode: ProcessingMode = mode) -> UserMessage {
    let parties = mode.parties(from: from, to: to)
    return UserMessage(
      messageID: UserMessage.newMessageID(), timestamp: Date(), from: parties.from, to: parties.to,
      service: mode.service, action: action, conversationID: UUID().uuidString.lowercased(), mpc: mode.mpc,
      properties: mode.properties(
        originalSender: "0203:komvux.kommun.example.se", finalRecipient: "0203:arbetsformedling.example.se"))
  }

  /// Writes the bytes in chunks of the given size and closes.
  static func feed(_ bytes: [UInt8], to sink: any ByteSink, chunk: Int) throws {
    for start in stride(from: 0, to: bytes.count, by: chunk) {
      try sink.write(Array(bytes[start..<min(start + chunk, bytes.count)]))
    }
    try sink.close()
  }

  /// A folder that is gone afterwards.
  @discardableResult
  static func withFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "as4-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
  }

  static func bytes(_ url: URL) throws -> [UInt8] {
    Array(try Data(contentsOf: url))
  }

  static func bytes(_ file: StoredFile) throws -> [UInt8] {
    let sink = MemorySink()
    try file.write(into: sink)
    return sink.bytes
  }

  /// Whether an error is this ebMS error and names this detail.
  static func isError(_ code: EbMSCode, _ detail: String = "") -> (any Error) -> Bool {
    { error in
      guard let error = error as? EbMSError else { return false }
      return error.code == code && (detail.isEmpty || error.detail.contains(detail))
    }
  }
}
