import ArgumentParser
import Foundation
import SDKRelay
import XMLSecurity

struct EnvelopeOpen: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "open",
    abstract: "Verify an envelope, decrypt its payload and check it.",
    discussion: """
      Nothing is decrypted unless the signature is valid and its signer believed. The last line is "valid" or \
      "invalid: reason". With --out the payload, its texts and its attachments are saved as files.

      Example: sdkrelay envelope open message.xhe --key encryption.key.pem --trust o2o-ca.pem --out opened
      """)

  @OptionGroup var input: InputFile
  @Option(help: ArgumentHelp("The recipient's private key, in PEM; may be given several times.", valueName: "key.pem"))
  var key: [String] = []
  @OptionGroup var trust: TrustOptions
  @Option(help: ArgumentHelp("Save payload, texts and attachments in this folder.", valueName: "dir"))
  var out: String?
  @OptionGroup var output: Output

  func validate() throws {
    guard trust.isGiven else { throw ValidationError("Give --trust or --sender-cert: whom to believe.") }
  }

  func run() throws {
    let believed = try trust.make()
    let keys = try key.map(Self.privateKey)
    try input.watched { try open(believed, keys, $0) }.print(to: output)
  }

  private func open(_ believed: EnvelopeTrust, _ keys: [PrivateKey], _ progress: Progress) throws -> OpenedContent {
    var content = OpenedContent(file: input.file)
    do {
      let received = try input.envelope(progress)
      content.envelope = EnvelopeView(received.header, isSigned: received.isSigned)
      let verified = try received.verify(believed, at: trust.time)
      content.envelope?.signer = SignerView(verified.signer)
      guard !keys.isEmpty || !received.header.isEncrypted else {
        throw CommandProblem.couldNotRun("\(input.file) is encrypted: give the recipient's key with --key")
      }
      try PayloadOpening(verified: verified, keys: keys, out: out).run(into: &content)
    } catch let problem as EnvelopeProblem where problem != .unreadable {
      content.reason = problem.description
    }
    content.valid = content.reason == nil
    return content
  }

  private static func privateKey(_ path: String) throws -> PrivateKey {
    let pem = try NamedFile.read(path, limit: TrustOptions.maximumBytes)
    do {
      return try PrivateKey.load(pem: pem)
    } catch {
      throw FileProblem(path: path, reason: PrivateKey.refusal(of: pem))
    }
  }
}

/// What `envelope open` tells; with `--json` exactly these fields.
struct OpenedContent: Encodable {
  struct File: Encodable {
    let name: String
    let contentType: String
    /// In bytes.
    let size: Int
    let sha256: String
    /// Where it was saved; nil without `--out`.
    var path: String?
  }

  let file: String
  var valid = false
  var reason: String?
  var envelope: EnvelopeView?
  var subject: String?
  var confidential: Bool?
  var texts: [String] = []
  var files: [File] = []
  /// Where the payload is a message receipt.
  var receipt: ReceiptView?
  var problems: [ProblemReport.Problem] = []
  /// Other files that were saved: the payload and its texts.
  var saved: [String] = []

  func print(to output: Output) throws {
    if output.json {
      try Output.document(self)
    } else {
      try lines.forEach(output.note)
      try output.note(valid ? "valid" : "invalid: \(printable(reason ?? ""))")
    }
    if !valid { throw ExitCode(CommandProblem.refusedCode) }
  }

  private var lines: [String] {
    var lines: [String] = []
    if let envelope { lines.append(envelope.text) }
    if let subject { lines += ["", "Subject: \(printable(subject))"] }
    if confidential == true { lines.append("*** CONFIDENTIAL – the sender marked it as under secrecy ***") }
    lines += texts.flatMap { ["", printable($0, multiline: true)] }
    if !files.isEmpty {
      lines += ["", "Attachments:"]
      lines.append(
        Table(
          header: [],
          rows: files.map {
            ["  " + printable($0.path ?? $0.name), printable($0.contentType), readableSize($0.size), $0.sha256]
          }
        ).text)
    }
    if let receipt { lines += ["", receipt.valid ? receipt.summary : receipt.text] }
    lines += saved.map { "Saved \(printable($0))" }
    if !problems.isEmpty { lines += ["", ProblemReport.table(problems)] }
    return lines
  }
}
