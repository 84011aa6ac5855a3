import Foundation
import Testing
import XMLSecurity

@testable import SDKRelay

private struct Received: Decodable {
  struct Payload: Decodable {
    let mime, sha256: String
  }
  let ok: Bool
  let error, messageID, sender, keyReference: String?
  let payloads: [Payload]?
}

private struct Verdict: Decodable {
  let kind: String
  let error: String?
  let errors: [[String: String]]?
}

@Suite("AS4 peers", .enabled(if: AS4Peers.areThere))
struct AS4PeerTests {
  /// A message a peer builds, and the code we must answer (nil: accepted).
  private struct Case: Sendable {
    let name: String
    var options: [String: any Sendable] = [:]
    var code: EbMSCode?
    var detail = ""
  }

  private static let keyReferences: [(peer: String, ours: KeyReference)] = [
    ("bst", .binarySecurityToken), ("pkipath", .pkiPath), ("ski", .subjectKeyIdentifier), ("thumb", .thumbprint),
    ("issuerserial", .issuerSerial),
  ]

  private static let good: [Case] =
    keyReferences.flatMap { signature in
      keyReferences.map { encryption in
        Case(
          name: "\(signature.peer)-\(encryption.peer)",
          options: ["signature": signature.peer, "encryption": encryption.peer])
      }
    } + [
      Case(name: "no-prefixes", options: ["prefixes": ""]),
      Case(name: "many-prefixes", options: ["prefixes": "S12 eb wsse wsu"]),
      Case(name: "pretty", options: ["pretty": true]),
      Case(name: "security-first", options: ["securityFirst": true]),
      Case(name: "not-compressed", options: ["plain": true]),
      Case(name: "two-parts", options: ["parts": 2]),
      Case(name: "as4pkg", options: ["engine": "as4pkg"]),
    ]

  private static let wrong: [Case] = [
    Case(name: "bad-signature", code: .failedAuthentication, detail: "SignatureValue"),
    Case(name: "bad-digest", code: .failedAuthentication, detail: "cid:"),
    Case(name: "modify-messaging", code: .failedAuthentication, detail: "digest differs"),
    Case(name: "modify-attachment", code: .failedAuthentication, detail: "cid:"),
    Case(name: "wrap-body", code: .failedAuthentication),
    Case(name: "unsigned", code: .policyNoncompliance, detail: "not signed"),
    Case(name: "unencrypted", code: .policyNoncompliance, detail: "not encrypted"),
    Case(name: "sign-no-attachment", code: .policyNoncompliance, detail: "does not cover part"),
    Case(name: "sha1", code: .policyNoncompliance),
    Case(name: "oaep-sha1", code: .policyNoncompliance),
    Case(name: "rsa15", code: .policyNoncompliance),
    Case(name: "missing-attachment", code: .mimeInconsistency, detail: "is missing"),
    Case(name: "extra-attachment", code: .mimeInconsistency, detail: "extra@peer.test"),
    Case(name: "bad-gzip", code: .decompressionFailure),
    Case(name: "not-gzip", code: .decompressionFailure),
    Case(name: "gzip-bomb", code: .decompressionFailure, detail: "tooLarge"),
    Case(name: "doctype", code: .invalidHeader, detail: "SOAP part"),
    Case(name: "unterminated-mime", code: .mimeInconsistency, detail: "does not end"),
    Case(name: "wrong-recipient-key", code: .failedDecryption, detail: "the message could not be decrypted"),
    Case(name: "dup-id", code: .failedAuthentication, detail: "occurs twice"),
    Case(name: "no-messaging", code: .invalidHeader, detail: "eb:Messaging"),
    Case(name: "wrong-party", code: .failedAuthentication, detail: "PartyId"),
    Case(name: "no-properties", code: .valueInconsistent, detail: "originalSender"),
    Case(name: "two-usermessages", code: .invalidHeader, detail: "eb:UserMessage"),
    Case(name: "bad-gcm-tag", code: .failedDecryption, detail: "the message could not be decrypted"),
  ]

  @Test("peers' messages are received under all key references, prefixes and orders, and our receipts satisfy them")
  func received() throws {
    try AS4Kit.withFolder { folder in
      try Self.build(Self.good, in: folder)
      let expected = try AS4Peers.bytes(folder.appending(path: "payload.xml"))
      let ours = try AS4Peers.identity("apB")
      for example in Self.good {
        let message = try Self.read(example, in: folder)
        #expect(message.message.from.partyID == "apA", "\(example.name)")
        for payload in message.payloads {
          #expect(try AS4Peers.bytes(payload.file.temporary) == expected, "\(example.name)")
        }
        #expect(message.payloads.count == (example.options["parts"] as? Int ?? 1), "\(example.name)")
        guard example.options["engine"] == nil else { continue }
        let receipt = try Signal.receipt(for: message, signer: ours, mode: .federation)
        try Self.save(receipt, folder.appending(path: "\(example.name).response"))
      }
      try Self.verdicts(Self.good.filter { $0.options["engine"] == nil }.map(\.name), in: folder) {
        #expect($1.kind == "receipt", "\($0): \($1.error ?? "")")
      }
    }
  }

  @Test("our receipts and errors satisfy the peers under every key reference we can sign with")
  func signals() throws {
    try AS4Kit.withFolder { folder in
      let names = KeyReference.allCases.map(\.rawValue)
      try Self.build(names.map { Case(name: $0) } + names.map { Case(name: "\($0)-error") }, in: folder)
      for reference in KeyReference.allCases {
        var mode = ProcessingMode.federation
        mode.signatureKeyReference = reference
        let message = try Self.read(Case(name: reference.rawValue), in: folder)
        let receipt = try Signal.receipt(for: message, signer: AS4Peers.identity("apB"), mode: mode)
        try Self.save(receipt, folder.appending(path: "\(reference.rawValue).response"))
        let error = EbMSError(.other, "NOT_SERVICED", refToMessageID: message.message.messageID)
        try Self.save(
          Signal.error(error, signer: AS4Peers.identity("apB"), mode: mode),
          folder.appending(path: "\(reference.rawValue)-error.response"))
      }
      try Self.verdicts(names, in: folder) { #expect($1.kind == "receipt", "\($0): \($1.error ?? "")") }
      try Self.verdicts(names.map { "\($0)-error" }, in: folder) {
        #expect($1.kind == "error", "\($0): \($1.error ?? "")")
        #expect($1.errors?.first?["code"] == "EBMS:0004")
        #expect($1.errors?.first?["detail"] == "NOT_SERVICED")
      }
    }
  }

  @Test("each of the peers' 25 wrong messages gets its code, and nothing of it is left")
  func refused() throws {
    try AS4Kit.withFolder { folder in
      try Self.build(
        Self.wrong.map { Case(name: $0.name, options: ["tamper": $0.name]) }
          + [Case(name: "aes256", options: ["aes256": true])], in: folder)
      for example in Self.wrong + [Case(name: "aes256", code: .policyNoncompliance, detail: "content cipher")] {
        #expect("\(example.name)") {
          try Self.read(example, in: folder)
        } throws: {
          AS4Kit.isError(example.code ?? .other, example.detail)($0)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: Self.spool(folder).path) == [], "\(example.name)")
      }
    }
  }

  @Test("peers receive our messages, and every wrong answer of theirs is refused (Q4)")
  func sent() throws {
    try AS4Kit.withFolder { folder in
      let payload = folder.appending(path: "payload.xml")
      try Data("<message xmlns=\"urn:example\">\(String(repeating: "text ", count: 5_000))</message>".utf8)
        .write(to: payload)
      let digest = digest(.sha256, of: try AS4Peers.bytes(payload)).map {
        String(UInt16($0) + 256, radix: 16).dropFirst()
      }
      var packed: [(String, PackedMessage)] = []
      for reference in KeyReference.allCases {
        for compresses in [true, false] {
          var mode = ProcessingMode.federation
          mode.signatureKeyReference = reference
          mode.encryptionKeyReference = reference
          mode.compresses = compresses
          let message = try Self.pack(payload, mode: mode, in: folder)
          let name = "\(reference.rawValue)-\(compresses)"
          try Self.save(AS4Peers.bytes(message.file), folder.appending(path: "\(name).as4"), message.contentType)
          packed.append((name, message))
        }
      }
      try AS4Peers.run("receive", in: folder, packed.map(\.0))
      for (name, message) in packed {
        let received: Received = try Self.decode(folder.appending(path: "\(name).received"))
        #expect(received.ok, "\(name): \(received.error ?? "")")
        #expect(received.messageID == message.messageID)
        #expect(received.payloads?.map(\.sha256) == [digest.joined()])
        try Self.checkReplies(name, message, in: folder)
      }
    }
  }

  // MARK: Steps

  private static func checkReplies(_ name: String, _ message: PackedMessage, in folder: URL) throws {
    let reasons = [
      "unsigned": "not signed", "wrong-digest": "another digest", "missing-part": "does not acknowledge",
      "wrong-ref": "another message", "wrong-signer": "not the receiving access point", "html": "text/html",
      "empty": "empty", "truncate": "SOAP part",
    ]
    let good = name.hasPrefix(KeyReference.binarySecurityToken.rawValue) ? ["good", "as4pkg"] : ["good"]
    for kind in good + ["error:EBMS:0004"] + reasons.keys {
      let (contentType, body) = try AS4Peers.message(folder.appending(path: "\(name).reply.\(kind)"))
      let outcome = Signal.read(
        body, contentType: contentType, answering: message, signers: [try AS4Peers.certificate("apB")],
        trust: try AS4Peers.trust())
      switch outcome {
      case .receipt(let bytes): #expect(good.contains(kind) && bytes == body, "\(name) \(kind)")
      case .error(let error): #expect(kind == "error:EBMS:0004" && error.code == .other, "\(name) \(kind)")
      case .invalid(let reason): #expect(reasons[kind].map(reason.contains) == true, "\(name) \(kind): \(reason)")
      }
    }
  }

  private static func build(_ cases: [Case], in folder: URL) throws {
    try Data("<messagePayload xmlns=\"urn:example\">\(String(repeating: "å", count: 40_000))</messagePayload>".utf8)
      .write(to: folder.appending(path: "payload.xml"))
    let lines = try cases.map { example in
      var options = example.options
      options["name"] = example.name
      options["payloads"] = Array(
        repeating: ["payload.xml", "application/xml"], count: example.options["parts"] as? Int ?? 1)
      return String(decoding: try JSONSerialization.data(withJSONObject: options), as: UTF8.self)
    }
    try AS4Peers.run("build", in: folder, lines)
  }

  private static func spool(_ folder: URL) -> URL {
    folder.appending(path: "spool")
  }

  private static func read(_ example: Case, in folder: URL) throws -> VerifiedUserMessage {
    let (contentType, body) = try AS4Peers.message(folder.appending(path: "\(example.name).as4"))
    let reader = UserMessageReader(
      contentType: contentType, receiver: try AS4Peers.receiver(), spool: try Spool(folder: spool(folder)))
    try AS4Kit.feed(body, to: reader, chunk: 8_191)
    return try reader.result()
  }

  private static func pack(_ payload: URL, mode: ProcessingMode, in folder: URL) throws -> PackedMessage {
    let signer = try AS4Peers.identity("apA")
    let parties = mode.parties(from: "apA", to: "apB")
    let message = UserMessage(
      messageID: UserMessage.newMessageID(), timestamp: Date(), from: parties.from, to: parties.to,
      service: mode.service, action: ProcessingMode.action(documentID: "urn:example::message##1::tm-base"),
      conversationID: UUID().uuidString, mpc: mode.mpc,
      properties: mode.properties(
        originalSender: "0203:komvux.kommun.example.se", finalRecipient: "0203:arbetsformedling.example.se"))
    return try AS4Packager.pack(
      message, payloads: [PayloadSource(url: payload, mimeType: "text/xml", characterSet: "UTF-8")], signer: signer,
      recipient: AS4Peers.certificate("apB"), mode: mode, spool: Spool(folder: folder.appending(path: "out")))
  }

  private static func save(_ bytes: [UInt8], _ url: URL, _ contentType: String = Signal.contentType) throws {
    try Data(Array("Content-Type: \(contentType)\r\n\r\n".utf8) + bytes).write(to: url)
  }

  private static func verdicts(_ names: [String], in folder: URL, _ check: (String, Verdict) -> Void) throws {
    try AS4Peers.run("verify", in: folder, names)
    for name in names { check(name, try decode(folder.appending(path: "\(name).verdict"))) }
  }

  private static func decode<Value: Decodable>(_ url: URL) throws -> Value {
    try JSONDecoder().decode(Value.self, from: Data(contentsOf: url))
  }
}
