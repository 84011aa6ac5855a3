import ArgumentParser
import Foundation
import SDKRelay
import XMLSecurity

struct EnvelopeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "envelope", abstract: "Look at an XHE envelope: verify, inspect or open it.",
    subcommands: [EnvelopeVerify.self, EnvelopeInspect.self, EnvelopeOpen.self])
}

extension InputFile {
  /// Reads the envelope and checks its form. Verifying and opening it later count as progress too: they read it again.
  func envelope(_ progress: Progress) throws -> ReceivedEnvelope {
    do {
      return try ReceivedEnvelope.read(url) { progress.advance(to: $0) }
    } catch .unreadable {
      throw CommandProblem.couldNotRun("\(file) cannot be read")
    }
  }
}

/// The envelope's header as it is shown; with `--json` exactly these fields.
struct EnvelopeView: Encodable {
  let id: String
  let created: String
  let documentID: String
  let processID: String
  let federationID: String
  let from: String
  let to: String
  let documentTypeCode: String
  let handlingServiceID: String?
  let encrypted: Bool
  let signed: Bool
  var signer: SignerView?
  /// How it is signed and encrypted, and its length in bytes, where that was asked for.
  var signature: SignatureView?
  var encryption: EncryptionView?
  var size: Int?

  init(_ header: EnvelopeHeader, isSigned: Bool, signer: Certificate? = nil) {
    id = header.id
    created = header.created
    documentID = header.documentID.value
    processID = header.processID
    federationID = header.federationID
    from = header.from.value
    to = header.to.value
    documentTypeCode = header.documentTypeCode
    handlingServiceID = header.handlingServiceID
    encrypted = header.isEncrypted
    signed = isSigned
    self.signer = signer.map(SignerView.init)
  }

  var text: String {
    var table = Table(
      header: [],
      rows: [
        ["id", id], ["created", created], ["document", documentID], ["process", processID],
        ["federation", federationID], ["from", from], ["to", to], ["mailbox", handlingServiceID ?? "–"],
        ["payload", documentTypeCode], ["encrypted", encrypted ? "yes" : "no"], ["signed", signed ? "yes" : "no"],
      ])
    if let signer {
      table.rows += [
        ["signer", signer.subject], ["issuer", signer.issuer],
        ["valid", "\(localTime(signer.notBefore)) to \(localTime(signer.notAfter))"],
      ]
    }
    table.rows += signature?.rows ?? []
    table.rows += encryption?.rows ?? []
    if let size { table.rows.append(["size", readableSize(size)]) }
    return Table(header: [], rows: table.rows.map { $0.map { printable($0) } }).text
  }
}

/// A certificate that an envelope names.
struct SignerView: Encodable {
  let subject: String
  let issuer: String
  let notBefore: Date
  let notAfter: Date
  let sha256: String

  init(_ certificate: Certificate) {
    subject = certificate.subject
    issuer = certificate.issuerName
    notBefore = certificate.notBefore
    notAfter = certificate.notAfter
    sha256 = Hexadecimal.encode(certificate.sha256)
  }
}

/// The last line of every verdict: `valid` or `invalid: reason`.
struct Verdict: Encodable {
  let file: String
  let valid: Bool
  let reason: String?
  var envelope: EnvelopeView?

  /// Prints the verdict; an invalid envelope is refused without a further sentence, since the line says it all.
  func print(to output: Output) throws {
    if output.json {
      try Output.document(self)
    } else {
      if let envelope { try output.note(envelope.text) }
      try output.note(valid ? "valid" : "invalid: \(printable(reason ?? ""))")
    }
    if !valid { throw ExitCode(CommandProblem.refusedCode) }
  }
}
