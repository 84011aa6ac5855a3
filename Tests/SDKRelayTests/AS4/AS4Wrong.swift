import Foundation
import Testing

@testable import SDKRelay

/// A message with something wrong about it, and the answer it must get.
struct Wrong: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let code: EbMSCode
  let detail: String
  let change: @Sendable (inout AS4Forge) throws -> Void

  init(
    _ name: String, _ code: EbMSCode, _ detail: String = "",
    _ change: @escaping @Sendable (inout AS4Forge) throws -> Void
  ) {
    testDescription = name
    self.code = code
    self.detail = detail
    self.change = change
  }

  /// Replaces text in the SOAP part, after it has been signed.
  static func text(_ name: String, _ code: EbMSCode, _ detail: String, _ old: String, _ new: String) -> Wrong {
    Wrong(name, code, detail) { forge in
      forge.soap = { text in
        if !text.contains(old) { Issue.record("\(name): nothing to replace") }
        return text.replacing(old, with: new, maxReplacements: 1)
      }
    }
  }

  func check() throws {
    var forge = AS4Forge(try AS4Federation.shared())
    try change(&forge)
    #expect("\(testDescription)") {
      try AS4Kit.read(forge)
    } throws: { error in
      if !AS4Kit.isError(code, detail)(error) { Issue.record("\(testDescription): \(error)") }
      return (error as? EbMSError)?.severity == .failure
    }
  }
}
