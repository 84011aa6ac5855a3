import Foundation
import Testing
import XMLSecurity

@testable import SDKRelay

/// What other products write differently, and means the same.
@Suite("AS4 forms of other products")
struct AS4FormTests {
  private static func read(
    receiver: AS4Receiver? = nil, _ change: (inout AS4Forge) throws -> Void
  ) throws -> VerifiedUserMessage {
    var forge = AS4Forge(try AS4Federation.shared())
    try change(&forge)
    return try AS4Kit.read(forge, receiver: receiver)
  }

  private static func refused(
    _ code: EbMSCode, _ detail: String, receiver: AS4Receiver? = nil, _ change: (inout AS4Forge) throws -> Void
  ) throws {
    #expect("\(detail)") {
      try read(receiver: receiver, change)
    } throws: { error in
      if !AS4Kit.isError(code, detail)(error) { Issue.record("\(detail): \(error)") }
      return true
    }
  }

  // MARK: Encryption

  /// Takes the key's list away and gives it back.
  @discardableResult
  private static func removeList(_ envelope: OutgoingEnvelope) throws -> XMLElement {
    let key = try #require(envelope.security.child(.xenc("EncryptedKey")))
    let list = try #require(key.child(.xenc("ReferenceList")))
    key.remove(list)
    return list
  }

  private static func removeKeyInfos(_ envelope: OutgoingEnvelope) throws {
    for data in envelope.security.children(.xenc("EncryptedData")) {
      data.remove(try #require(data.child(.ds("KeyInfo"))))
    }
  }

  private static func sibling(_ list: XMLElement) -> XMLElement {
    let sibling = XMLElement("xenc:ReferenceList", uri: AS4Names.xenc, namespaces: [.xenc])
    for reference in list.elements {
      sibling.append(XMLElement(xenc: "DataReference", attributes: reference.attributes))
    }
    return sibling
  }

  @Test("a list in the key, a list beside it, or data that names the key: each says what is encrypted with it")
  func layouts() throws {
    for contents in [[[1]], [[1], [2]]] as [[[UInt8]]] {
      let layouts: [(OutgoingEnvelope) throws -> Void] = [
        { try Self.removeList($0) }, { try Self.removeKeyInfos($0) },
        { $0.security.append(Self.sibling(try Self.removeList($0))) },
        {
          try Self.removeKeyInfos($0)
          $0.security.append(Self.sibling(try Self.removeList($0)))
        },
      ]
      for layout in layouts {
        let message = try Self.read {
          $0.contents = contents
          $0.afterSigning = layout
        }
        #expect(message.payloads.count == contents.count)
      }
    }
  }

  @Test("E7: encrypted data that nothing names, that names another key, and ciphers that differ have their own texts")
  func unnamed() throws {
    try Self.refused(.policyNoncompliance, "not in xenc:ReferenceList and names no key") {
      $0.afterSigning = {
        try Self.removeKeyInfos($0)
        try Self.removeList($0)
      }
    }
    try Self.refused(.policyNoncompliance, "names another key") {
      $0.soap = {
        $0.replacing(/<wsse:Reference URI="#_key-[^"]*"/) { _ in "<wsse:Reference URI=\"#other\"" }
      }
    }
    try Self.refused(.policyNoncompliance, "holds something else") {
      $0.afterSigning = {
        let list = XMLElement("xenc:ReferenceList", uri: AS4Names.xenc, namespaces: [.xenc])
        list.append(XMLElement(xenc: "KeyReference", attributes: [XMLAttribute("URI", "#x")]))
        $0.security.append(list)
      }
    }
    let receiver = try AS4Federation.shared().receiver { $0.mode.contentCiphers.insert(.aes256GCM) }
    try Self.refused(.policyNoncompliance, "different content ciphers", receiver: receiver) {
      $0.contents = [[1], [2]]
      $0.soap = {
        $0.replacing(ContentCipher.aes128GCM.uri, with: ContentCipher.aes256GCM.uri, maxReplacements: 1)
      }
    }
  }

  // MARK: Header

  @Test("one element with the same id twice is one element")
  func equalIDs() throws {
    _ = try Self.read {
      $0.beforeSigning = { envelope in
        let messaging = envelope.root.elements[0].elements[0]
        let id = try #require(messaging.attribute("Id", uri: AS4Names.utility))
        messaging.setAttribute(XMLAttribute("id", id))
      }
    }
  }

  private static func block(role: String?) -> (OutgoingEnvelope) -> Void {
    { envelope in
      let block = envelope.root.elements[0].append(XMLElement(soap: "Extra"))
      block.setAttribute(.mustUnderstand)
      if let role {
        block.setAttribute(XMLAttribute(prefix: "S12", uri: AS4Names.soap, local: "role", value: role))
      }
    }
  }

  @Test("SOAP 1.2 §2.4: only a mandatory block for this node must be understood")
  func roles() throws {
    for role in ["\(AS4Names.soap)/role/none", "urn:example:other"] {
      _ = try Self.read { $0.afterSigning = Self.block(role: role) }
    }
    for role in [nil, "", "\(AS4Names.soap)/role/next", " \(AS4Names.soap)/role/ultimateReceiver "] {
      try Self.refused(.invalidHeader, "'Extra' must be understood") { $0.afterSigning = Self.block(role: role) }
    }
  }

  @Test("a PKIPath reference says its token's type (Basic Security Profile R5215)")
  func tokenType() throws {
    let federation = try AS4Federation.shared()
    for kind in KeyReference.allCases {
      let (reference, _) = try TokenReference.make(
        kind, federation.a.certificate, chain: federation.a.chain, tokenID: "t")
      let type = reference.attribute("TokenType", uri: AS4Names.security11)
      #expect(type == (kind == .pkiPath ? AS4Names.pkiPath : nil), "\(kind)")
    }
  }

  // MARK: Parts

  @Test(
    "T1: a Content-ID that is percent-encoded itself is found, one that merely looks alike is not",
    arguments: [
      ("a@b", "a%40b", true), ("a%40b", "a%40b", true), ("1@http://x", "1@http%3A%2F%2Fx", true),
      ("a@b", "a%2540b", false), ("a+b", "a%20b", false), ("a@b", "A%40b", false), ("a%40b", "a@b", false),
    ])
  func contentIDs(header: String, wire: String, isSame: Bool) throws {
    let change: (inout AS4Forge) -> Void = {
      $0.contentIDs = [header]
      $0.wireIDs = [wire]
    }
    guard isSame else { return try Self.refused(.mimeInconsistency, "is not in eb:PayloadInfo", change) }
    #expect(try Self.read(change).payloads.map(\.contentID) == [header])
  }

  @Test("T1: two parts that one eb:PartInfo may mean are refused, in either order")
  func ambiguousContentIDs() throws {
    for wire in [["a%40b", "a@b"], ["a@b", "a%40b"]] {
      try Self.refused(.mimeInconsistency, "meant by the same eb:PartInfo") {
        $0.contents = [[1], [2]]
        $0.contentIDs = ["a@b", "c"]
        $0.wireIDs = wire
      }
    }
  }

  // MARK: Receipts

  @Test("a receipt repeats a reference with its Id")
  func referenceIDs() throws {
    let federation = try AS4Federation.shared()
    let message = try Self.read {
      $0.references = { references in
        references.enumerated().map { index, reference in
          var reference = reference
          reference.id = "ref-\(index)"
          return reference
        }
      }
    }
    let receipt = String(
      decoding: try Signal.receipt(for: message, signer: federation.b, mode: AS4Kit.mode), as: UTF8.self)
    for index in 0..<3 { #expect(receipt.contains("<ds:Reference Id=\"ref-\(index)\" URI=")) }
  }

  @Test("what stops a message from being packed is told in a sentence")
  func packProblems() {
    for problem in [
      PackProblem.noSubjectKeyIdentifier(subject: "CN=x"), .headerTooLarge, .notPacked(file: "a.as4"),
    ] {
      #expect("\(problem)".split(separator: " ").count > 3)
    }
  }
}
