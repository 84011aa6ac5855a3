import Foundation
import Testbed
import Testing

/// The checks on files, run as their user runs them.
@Suite("03 Checks on files", .enabled(if: Package.official != nil))
struct CheckCommandTests {
  private let official = Package.official ?? URL(filePath: "/")

  private func path(_ name: String) -> String { official.appending(path: name).path }

  @Test("a valid payload gives “valid” and exit code 0")
  func validPayload() async throws {
    let result = try await Sdkrelay.run("payload", "check", path("examples/testdata/min.xml"))
    #expect(result.output == "valid\n")
    #expect(result.complaint.isEmpty)
    #expect(result.exitCode == 0)
  }

  @Test("2.4.1: a wrong data type gives SV structure with its place, one line a problem, and exit code 1")
  func wrongDataType() async throws {
    let result = try await Sdkrelay.run("payload", "check", path("examples/testdata/TF2.4.1.xml"))
    let problems = result.lines.map { $0.split(separator: " ", omittingEmptySubsequences: true).map(String.init) }
    #expect(problems.map { Array($0.prefix(2)) } == [["SV", "structure"], ["BV", "invariant"], ["BV", "invariant"]])
    #expect(problems.first?[2].hasSuffix("messageHeader/ns:creationDateTime") == true)
    #expect(problems.last?[2].hasSuffix("messageHeader/ns:conversationId") == true)
    // What stood there is nobody's business: the file's own wrong date must not be printed.
    #expect(!result.output.contains("Sept"))
    #expect(result.complaint.hasSuffix("TF2.4.1.xml is invalid: 3 problems\n"))
    #expect(result.exitCode == 1)
  }

  @Test("with --json a check gives one object")
  func json() async throws {
    let result = try await Sdkrelay.run("payload", "check", "--json", path("examples/testdata/TF2.4.1.xml"))
    let object = try result.json()
    #expect(object["valid"] as? Bool == false)
    let problems = try #require(object["problems"] as? [[String: Any]])
    #expect(problems.count == 3)
    #expect(problems.first?["cause"] as? String == "SV")
    #expect(result.exitCode == 1)
  }

  @Test("all official receipts are valid, other documents are not")
  func receipts() async throws {
    let folder = path("receipt/examples")
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
      let result = try await Sdkrelay.run("receipt", "check", "\(folder)/\(name)")
      #expect(result.lines.last == "valid")
      #expect(result.exitCode == 0)
    }
    let other = try await Sdkrelay.run("receipt", "check", path("examples/testdata/min.xml"))
    #expect(other.lines.first?.hasPrefix("R1-APP") == true)
    #expect(other.exitCode == 1)
  }

  @Test("R6-APP, SDK-KVT-10: an unknown cause code in a receipt is told, and tolerated")
  func unknownCause() async throws {
    let scratch = try TemporaryFolder()
    let original = path("receipt/examples/Kvittens_RE-SIG.xml")
    let file = scratch.url.appending(path: "receipt.xml")
    try String(contentsOfFile: original, encoding: .utf8).replacing(">SIG<", with: ">XV<")
      .write(to: file, atomically: true, encoding: .utf8)
    let noted = try await Sdkrelay.run("receipt", "check", file.path)
    #expect(noted.lines.dropLast().last?.hasPrefix("note: R6-APP") == true)
    #expect(noted.lines.last == "valid")
    #expect(noted.exitCode == 0)
    #expect(!(try await Sdkrelay.run("receipt", "check", original)).output.contains("note"))
  }

  @Test("inspecting an envelope tells how it is signed and encrypted, and for whom")
  func inspection() async throws {
    let file = path("xhe/examples/XHE-tm-base-ext-sigenc.xml")
    let shown = try await Sdkrelay.run("envelope", "inspect", file)
    #expect(shown.exitCode == 0)
    for text in ["fits the envelope", "xmldsig-more#rsa-sha256", "xmlenc#aes256-cbc", "xmlenc#rsa-oaep-mgf1p"] {
      #expect(shown.output.contains(text), "\(text)")
    }
    let object = try await Sdkrelay.run("envelope", "inspect", "--json", file).json()
    #expect((object["signature"] as? [String: Any])?["valid"] as? Bool == true)
    let encryption = try #require(object["encryption"] as? [String: Any])
    #expect((encryption["recipient"] as? [String: Any])?["subject"] is String)
    #expect(object["size"] as? Int == 13_162)
  }

  @Test("the official signed envelope is valid")
  func officialEnvelope() async throws {
    let file = path("xhe/examples/XHE-tm-base-ext-sigenc.xml")
    let result = try await Sdkrelay.run("envelope", "verify", "--no-trust", file)
    #expect(result.lines.last == "valid")
    #expect(result.exitCode == 0)
  }

  @Test("the official signed envelope with a changed byte anywhere in the signed part is invalid")
  func changedEnvelope() async throws {
    let original = try Data(contentsOf: URL(filePath: path("xhe/examples/XHE-tm-base-ext-sigenc.xml")))
    let folder = try TemporaryFolder()
    for place in try Self.places(in: original) {
      var changed = original
      changed[place] = Self.other(changed[place])
      let file = folder.url.appending(path: "changed.xml")
      try changed.write(to: file)
      let result = try await Sdkrelay.run("envelope", "verify", "--no-trust", file.path)
      #expect(result.lines.last?.hasPrefix("invalid: ") == true, "byte \(place)")
      #expect(result.exitCode == 1, "byte \(place)")
    }
  }

  /// Letters and digits in the content of elements before the signature, spread over the document.
  private static func places(in file: Data) throws -> [Int] {
    let signature = try #require(
      file.firstRange(of: Data("Signature xmlns".utf8))?.lowerBound
        ?? file.firstRange(of: Data("<ds:Signature".utf8))?.lowerBound)
    var inTag = true
    var places: [Int] = []
    for (index, byte) in file[..<signature].enumerated() {
      if byte == UInt8(ascii: "<") { inTag = true }
      let isLetter =
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
      if !inTag, isLetter { places.append(index) }
      if byte == UInt8(ascii: ">") { inTag = false }
    }
    return stride(from: 0, to: places.count, by: max(1, places.count / 12)).map { places[$0] }
  }

  private static func other(_ byte: UInt8) -> UInt8 {
    switch byte {
    case UInt8(ascii: "9"): UInt8(ascii: "8")
    case UInt8(ascii: "z"): UInt8(ascii: "y")
    default: byte + 1
    }
  }

  @Test("an envelope that was re-indented after signing is invalid")
  func reindentedEnvelope() async throws {
    let file = path("examples/message/xhe_unencrypted_payload.xml")
    let result = try await Sdkrelay.run("envelope", "verify", "--no-trust", file)
    #expect(result.lines.last == "invalid: the signature value does not match")
    #expect(result.exitCode == 1)
  }

  @Test("I2: a signer that nobody vouches for is refused by name")
  func untrusted() async throws {
    let federation = try SharedFederation.make()
    let file = path("xhe/examples/XHE-tm-base-ext-sigenc.xml")
    let authority = federation.folder.appending(path: "ca/o2o-ca.pem").path
    let result = try await Sdkrelay.run("envelope", "verify", "--trust", authority, "--at", "2022-06-01", file)
    #expect(result.lines.last?.hasPrefix("invalid: ") == true)
    #expect(result.lines.last?.contains("SendOrg2") == true)
    // Its signer has a certificate that says it is an authority's.
    #expect(result.lines.last?.contains("certificate authority") == true)
    #expect(result.exitCode == 1)
  }
}
