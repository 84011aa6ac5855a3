import ArgumentParser
import Foundation
import Mailbox
import SDKRelay

struct MessagesSave: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "save", abstract: "Save a message's attachments, or its signed proof, as files.",
    discussion: """
      Files never replace anything. Attachments get a safe form of the names the sender gave them, and each is compared \
      with the SHA-256 it had when it was received.

      --evidence writes what proves the message and its message receipt, byte for byte:
        envelope.xml           the sealed envelope, signed by the sender
        user-message.xml       the AS4 message's SOAP part, signed by the sending access point
        transport-receipt.xml  its receipt, signed by the receiving access point
        message-receipt.xml    the recipient's signed message receipt, and the same two files of its own journey
      A message that was rejected lies in no mailbox; its proof is found with --participant.

      The audit trail tells of it. With --as attachments are saved that the user may read, and proof that the user may \
      export. Without, what is about a protected person is saved only with --reason.

      Examples:
        sdkrelay messages save 3f1c…-… --config node.yaml --out inbox
        sdkrelay messages save 3f1c…-… --config node.yaml --evidence proof
        sdkrelay envelope verify proof/envelope.xml --trust o2o-ca.pem
      """)

  @OptionGroup var message: ChosenMessage
  @OptionGroup var options: ReaderOptions
  @OptionGroup var configurationFile: ConfigurationFile
  @Option(help: ArgumentHelp("The folder to save the attachments into.", valueName: "dir"))
  var out: String?
  @Option(help: ArgumentHelp("The folder to save the signed proof into.", valueName: "dir"))
  var evidence: String?
  @OptionGroup var output: Output

  private struct Saved: Encodable {
    let path: String
    let name: String
    /// In bytes.
    let size: Int
    let sha256: String
  }

  func validate() throws {
    if out == nil, evidence == nil { throw ValidationError("Give --out, --evidence, or both.") }
  }

  func run() async throws {
    let (service, reader) = (try configurationFile.service(), try options.reader())
    var saved: [Saved] = []
    if let out { saved += try await attachments(of: service, for: reader, in: out) }
    if let evidence { saved += try await proof(of: service, for: reader, in: evidence) }
    try output.result(saved) {
      saved.isEmpty
        ? "The message has no attachments."
        : saved.map { "\(printable($0.path))  \(readableSize($0.size))" }.joined(separator: "\n")
    }
  }

  private func attachments(
    of service: MailboxService, for reader: CommandReader, in out: String
  ) async throws -> [Saved] {
    let message = try await message.read(.attachments, in: service, for: reader)
    let content = try message.openContent()
    let folder = try SafeFolder(URL(filePath: out))
    return try content.files.map { file in
      let url = try AttachmentCopy.make(of: service.relay.attachment(file, of: message), file, in: folder)
      return Saved(path: url.path, name: file.name, size: file.size, sha256: file.sha256)
    }
  }

  private func proof(
    of service: MailboxService, for reader: CommandReader, in evidence: String
  ) async throws -> [Saved] {
    let pieces = try await message.evidence(in: service, for: reader)
    let folder = try SafeFolder(URL(filePath: evidence))
    return try pieces.map { piece in
      let (url, size, sha256) = try piece.save(in: folder)
      return Saved(path: url.path, name: piece.fileName, size: size, sha256: sha256)
    }
  }
}
