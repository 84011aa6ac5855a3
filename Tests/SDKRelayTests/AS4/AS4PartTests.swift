import Foundation
import Testing
import XMLSecurity

@testable import SDKRelay

@Suite("AS4 parts")
struct AS4PartTests {
  private static func refused(
    _ name: String, _ code: EbMSCode, _ detail: String = "", receiver: AS4Receiver? = nil,
    _ change: (inout AS4Forge) throws -> Void
  ) throws {
    var forge = AS4Forge(try AS4Federation.shared())
    try change(&forge)
    #expect("\(name)") {
      try AS4Kit.read(forge, receiver: receiver)
    } throws: { error in
      if !AS4Kit.isError(code, detail)(error) { Issue.record("\(name): \(error)") }
      return true
    }
  }

  private static func edit(_ old: String, _ new: String) -> (String) -> String {
    { $0.replacing(old, with: new) }
  }

  // MARK: Encryption

  @Test("E5, E6, E9: whatever goes wrong up to the plaintext looks the same")
  func uniform() throws {
    let federation = try AS4Federation.shared()
    let stranger = try AS4Federation.accessPoint("ap-b", federation.authority)
    let changes: [(String, (inout AS4Forge) -> Void)] = [
      ("encrypted for somebody else", { $0.recipient = federation.c.certificate }),
      ("a key of ours that we do not hold", { $0.recipient = stranger.certificate }),
      ("tag flipped", { $0.encrypted = { $0.dropLast() + [($0.last ?? 0) ^ 1] } }),
      ("tag truncated", { $0.encrypted = { Array($0.dropLast()) } }),
      ("tag missing", { $0.encrypted = { Array($0.dropLast(16)) } }),
      ("first byte flipped", { $0.encrypted = { $0[..<12] + [$0[12] ^ 1] + $0[13...] } }),
      ("vector flipped", { $0.encrypted = { [$0[0] ^ 1] + $0[1...] } }),
      ("a byte added", { $0.encrypted = { $0 + [0] } }),
      ("vector only", { $0.encrypted = { Array($0.prefix(12)) } }),
      ("nothing", { $0.encrypted = { _ in [] } }),
      (
        "wrapped key replaced",
        { forge in
          forge.soap = { text in
            let start = text.range(of: "<xenc:CipherValue>")?.upperBound ?? text.startIndex
            let end = text.range(of: "</xenc:CipherValue>")?.lowerBound ?? text.endIndex
            return text.replacingCharacters(in: start..<end, with: Base64.encode(randomBytes(256)))
          }
        }
      ),
    ]
    var answers: Set<EbMSError> = []
    for (name, change) in changes {
      for compresses in [true, false] {
        var forge = AS4Forge(federation)
        forge.compresses = compresses
        change(&forge)
        var error = #expect(throws: EbMSError.self, "\(name)") { try AS4Kit.read(forge) }
        error?.refToMessageID = nil
        if let error { answers.insert(error) }
      }
    }
    #expect(answers == [EbMSError.decryption])
  }

  @Test("E7: other ciphers, transports and shapes of encryption are refused before any key is used")
  func policy() throws {
    let gcm = "http://www.w3.org/2009/xmlenc11#aes128-gcm"
    let edits = [
      ("AES-CBC", gcm, "http://www.w3.org/2001/04/xmlenc#aes128-cbc"),
      ("AES-256-GCM", gcm, "http://www.w3.org/2009/xmlenc11#aes256-gcm"),
      ("triple DES", gcm, "http://www.w3.org/2001/04/xmlenc#tripledes-cbc"),
      ("RSA 1.5", "http://www.w3.org/2009/xmlenc11#rsa-oaep", "http://www.w3.org/2001/04/xmlenc#rsa-1_5"),
      (
        "OAEP with SHA-1", "http://www.w3.org/2009/xmlenc11#rsa-oaep", "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"
      ),
      ("MGF1 with SHA-1", "xmlenc11#mgf1sha256", "xmlenc11#mgf1sha1"),
      ("type", "#Attachment-Content-Only", "#Attachment-Complete"),
      ("transform", "#Attachment-Ciphertext-Transform", "#Attachment-Complete-Transform"),
      ("remote data", "<xenc:CipherReference URI=\"cid:part-1", "<xenc:CipherReference URI=\"http://127.0.0.1:1/"),
      ("other part", "<xenc:CipherReference URI=\"cid:part-1", "<xenc:CipherReference URI=\"cid:part-2"),
      ("inline data", "xenc:CipherReference", "xenc:CipherValue"),
      ("data reference", "<xenc:DataReference URI=\"#", "<xenc:DataReference URI=\"#x"),
    ]
    for (name, old, new) in edits {
      try Self.refused(name, .policyNoncompliance) { $0.soap = Self.edit(old, new) }
    }
    try Self.refused("not encrypted", .policyNoncompliance, "is not encrypted") { $0.encrypts = false }
    try Self.refused("two keys", .policyNoncompliance, "more than one xenc:EncryptedKey") {
      $0.afterSigning = {
        try OutgoingEncryption().describe([], for: AS4Federation.shared().b.certificate, .thumbprint, in: $0.security)
      }
    }
    try Self.refused("data outside the list", .policyNoncompliance, "not in xenc:ReferenceList and names no key") {
      $0.afterSigning = {
        $0.security.append(XMLElement("xenc:EncryptedData", uri: AS4Names.xenc, namespaces: [.xenc]))
      }
    }
  }

  // MARK: Order of the steps

  @Test("TA34–TA38: a message that was not compressed, signed and encrypted in this order fails")
  func order() throws {
    for order in [AS4Forge.Order.signCompressEncrypt, .encryptSign] {
      try Self.refused("\(order)", .failedAuthentication, "'cid:part-1': the digest differs") { $0.order = order }
    }
  }

  // MARK: Compression

  @Test("T3, TA30, TA31: what is not one sound gzip member within its limits gives EBMS:0303, severity failure")
  func gzip() throws {
    let bomb = try AS4Forge.gzip([UInt8](repeating: 0, count: 2_000_000), .level(9))
    let wrong: [(String, String, ([UInt8]) throws -> [UInt8])] = [
      ("not gzip", "notGzip", { $0 }),
      ("empty", "notGzip", { _ in [] }),
      ("truncated", "truncated", { try AS4Forge.gzip($0).dropLast(4) + [] }),
      (
        "bad CRC", "",
        { content in
          var packed = try AS4Forge.gzip(content)
          packed[packed.count - 8] ^= 1
          return packed
        }
      ),
      ("two members", "trailingData", { try AS4Forge.gzip($0) + AS4Forge.gzip($0) }),
      ("junk behind", "trailingData", { try AS4Forge.gzip($0) + [0] }),
      ("bomb", "tooLarge", { _ in bomb }),
    ]
    let receiver = try AS4Federation.shared().receiver { $0.limits.payload = 1_000_000 }
    for (name, reason, compress) in wrong {
      try Self.refused(name, .decompressionFailure, "part 'part-1': \(reason)", receiver: receiver) {
        $0.compressed = compress
      }
    }
  }

  @Test("T9: a part above the limit is refused without compression too")
  func large() throws {
    let receiver = try AS4Federation.shared().receiver { $0.limits.payload = 1_000 }
    try Self.refused("large", .invalidHeader, "exceeds 1000 bytes", receiver: receiver) {
      $0.compresses = false
      $0.contents = [[UInt8](repeating: 1, count: 1_001)]
    }
  }

  // MARK: MIME

  @Test("T1, TA21: parts and header must agree, and the root comes first")
  func structure() throws {
    let (_, good) = try AS4Forge(AS4Federation.shared()).build()
    let text = { (old: String, new: String) in
      // The SOAP part precedes all binary bytes, so the head can be edited as text.
      { (body: [UInt8]) -> [UInt8] in
        guard let place = body.firstRange(of: Array(old.utf8)) else { return [] }
        return body[..<place.lowerBound] + Array(new.utf8) + body[place.upperBound...]
      }
    }
    let type = AS4Forge.contentType
    let table: [(String, String, ([UInt8]) -> [UInt8], String)] = [
      ("start names another part", type.replacing("<root>", with: "<part-1>"), { $0 }, "start"),
      ("no boundary", "multipart/related; type=\"application/soap+xml\"", { $0 }, "boundary is missing"),
      ("boundary twice", type + "; boundary=forge", { $0 }, "Content-Type"),
      ("another type", "multipart/mixed; boundary=forge", { $0 }, "multipart/mixed"),
      ("HTML", "text/html", { $0 }, "text/html"),
      ("no type", "", { $0 }, "Content-Type"),
      ("root of another type", type, text("application/soap+xml", "text/xml"), "part 1"),
      ("MTOM root", type, text("application/soap+xml", "application/xop+xml"), "part 1"),
      ("part without id", type, text("Content-ID: <part-1>", "X-ID: <part-1>"), "Content-ID is missing"),
      ("part with the root's id", type, text("Content-ID: <part-1>", "Content-ID: <root>"), "occurs twice"),
      ("unknown part", type, text("Content-ID: <part-1>", "Content-ID: <part-2>"), "'part-2' is not in eb:PayloadInfo"),
      (
        "part missing", type,
        {
          Array($0[..<($0.firstRange(of: Array("\r\n--forge\r\nContent-ID: <part".utf8))?.lowerBound ?? 0)])
            + Array("\r\n--forge--".utf8)
        }, "'part-1' is missing"
      ),
      (
        "quoted-printable", type,
        text("Content-ID: <part-1>", "Content-ID: <part-1>\r\nContent-Transfer-Encoding: quoted-printable"), "part 2"
      ),
      ("not ended", type, { Array($0.dropLast(6)) }, "does not end"),
      ("nothing", type, { _ in [] }, "first boundary"),
    ]
    for (name, contentType, change, detail) in table {
      try AS4Kit.withFolder { folder in
        #expect("\(name)") {
          try AS4Kit.read(contentType, change(good), in: folder)
        } throws: { error in
          if !AS4Kit.isError(.mimeInconsistency, detail)(error) { Issue.record("\(name): \(error)") }
          return true
        }
      }
    }
    try AS4Kit.withFolder { folder in
      // The SOAP part alone: its payload is missing.
      let soap = good[(good.firstRange(of: [13, 10, 13, 10])?.upperBound ?? 0)...]
      let end = soap.firstRange(of: Array("\r\n--forge".utf8))?.lowerBound ?? soap.endIndex
      #expect {
        try AS4Kit.read(Signal.contentType, Array(soap[..<end]), in: folder)
      } throws: {
        AS4Kit.isError(.mimeInconsistency, "'part-1' is missing")($0)
      }
      _ = try AS4Kit.read(AS4Forge.contentType, good, in: folder)
    }
  }

  @Test("T2: more than two parts beside the SOAP part are refused")
  func manyParts() throws {
    try Self.refused("three", .mimeInconsistency, "more than 2 parts") { $0.contents = [[1], [2], [3]] }
  }

  @Test("parts in base64 are understood")
  func base64() throws {
    let federation = try AS4Federation.shared()
    let (contentType, body) = try AS4Forge(federation).build()
    let head = Array("Content-ID: <part-1>\r\n\r\n".utf8)
    let start = try #require(body.firstRange(of: head)).upperBound
    let end = body.count - Array("\r\n--forge--\r\n".utf8).count
    let encoded = Base64.encode(Array(body[start..<end]))
    let lines = stride(from: 0, to: encoded.count, by: 76).map { encoded.dropFirst($0).prefix(76) }
    let part = "Content-Transfer-Encoding: base64\r\n\r\n\(lines.joined(separator: "\r\n"))"
    try AS4Kit.withFolder { folder in
      let changed = body[..<(start - 2)] + Array(part.utf8) + body[end...]
      let received = try AS4Kit.read(contentType, Array(changed), chunk: 13, in: folder)
      #expect(received.payloads.count == 1)
    }
  }

  @Test("a full disk is this node's trouble, not the message's")
  func disk() throws {
    let federation = try AS4Federation.shared()
    let (contentType, body) = try AS4Forge(federation).build()
    try AS4Kit.withFolder { folder in
      let spool = try Spool(folder: folder.appending(path: "in"))
      try FileManager.default.removeItem(at: spool.folder)
      let reader = UserMessageReader(contentType: contentType, receiver: federation.receiver(), spool: spool)
      #expect(throws: SpoolProblem.self) { try AS4Kit.feed(body, to: reader, chunk: 1_000) }
      #expect(throws: SpoolProblem.self) { try reader.result() }
    }
  }
}

extension [UInt8] {
  fileprivate func firstRange(of needle: [UInt8]) -> Range<Int>? {
    self[...].firstRange(of: needle)
  }
}

extension ArraySlice<UInt8> {
  fileprivate func firstRange(of needle: [UInt8]) -> Range<Int>? {
    (startIndex...Swift.max(startIndex, endIndex - needle.count)).first { self[$0...].starts(with: needle) }
      .map { $0..<$0 + needle.count }
  }
}
