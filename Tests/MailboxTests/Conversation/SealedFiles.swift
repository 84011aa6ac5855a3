import Foundation

@testable import SDKRelay
@testable import XMLSecurity

extension Relay {
  /// Puts bytes in the place of a message's attachment, sealed as they would be.
  func replace(_ file: StoredContent.File, of message: StoredMessage, with bytes: [UInt8]) throws {
    guard let key = message.key else { throw ContentProblem.destroyed }
    let written = try store.layout.messages(message.participant).create()
    let sink = SealingSink(key, name: file.storedName, next: written)
    try sink.write(bytes)
    try sink.close()
    try written.keep(as: file.storedName)
  }
}
