import ArgumentParser
import Foundation
import Mailbox
import SDKRelay
import StructuredBridge

struct Send: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Send a message from a mailbox of this node.",
    discussion: """
      The message is accepted when the command ends: it has been checked and committed, and the running node \
      delivers it. Where the node has agreements, one of them must let the mailbox write to the other about this kind \
      of information (sdkrelay agreement show). The audit trail tells of it; with --as the user must have the right to send \
      from the mailbox. With --wait the command follows it until the recipient has accepted or refused it.

      Examples:
        sdkrelay send --from sdk:vux-antagning:0203:komvux.kommun.example.se \\
          --to 0203:af.example.se/sdk:utbildning:0203:af.example.se \\
          --subject "Studieplan" --text-file letter.md --attach plan.pdf --wait 60
        sdkrelay send --case KOM-2026/12 --text "Beslutet bifogas." --attach beslut.pdf --as handlaggare-1
        echo "Svar kommer." | sdkrelay send … --reply-to ID --text-file -
      """)

  @OptionGroup var user: PerhapsActingUser
  @OptionGroup var configurationFile: ConfigurationFile
  @Option(help: "The sending mailbox: its functional address, or ORGANISATION/MAILBOX.")
  var from: String?
  @Option(help: ArgumentHelp("The receiving mailbox.", valueName: "organisation/mailbox"))
  var to: String?
  @Option(help: "The subject, at most 256 characters. Never personal data: it is not part of what secrecy protects.")
  var subject: String?
  @Option(help: ArgumentHelp("A case that fills in sender, recipient, subject and references.", valueName: "reference"))
  var `case`: String?
  @Option(help: ArgumentHelp("Whose case, where this node has several organisations.", valueName: "organisation"))
  var organisation: String?
  @OptionGroup var body: BodyOptions
  @OptionGroup var attestation: AttestationOption
  @Option(help: ArgumentHelp("The message that this one answers.", valueName: "id"))
  var replyTo: String?
  @Option(help: ArgumentHelp("Follow the message so long, until its status is final.", valueName: "seconds"))
  var wait: Int?
  @OptionGroup var output: Output

  func validate() throws {
    if body.text == nil, body.textFile == nil, body.attach.isEmpty {
      throw ValidationError("A message needs --text, --text-file or --attach.")
    }
    if `case` == nil, from == nil || to == nil || subject == nil {
      throw ValidationError("Without --case a message needs --from, --to and --subject.")
    }
    try checkWait(wait)
  }

  func run() async throws {
    let bridge = try configurationFile.bridge(creating: true)
    let (service, relay) = (bridge.mailbox, bridge.mailbox.relay)
    let id = try await submit(draft(bridge), to: service)
    if let remark = try relay.message(id).first(where: { $0.direction == .outgoing })
      .flatMap({ try bridge.channelRemark(of: id, from: $0.participant) })
    {
      Output.complain(remark)
    }
    guard let wait else {
      return try output.result(Accepted(id: id.value, status: MessageStatus.scheduled.rawValue)) {
        "\(MessageStatus.scheduled.rawValue)  \(id.value)"
      }
    }
    try output.note("Message \(id.value)")
    let sent = try relay.message(id).first { $0.direction == .outgoing }
    guard let sent else { throw CommandProblem.couldNotRun("the message is gone from the store") }
    try await Follower(service, output).follow(sent, for: .seconds(wait))
  }

  private func submit(_ draft: Draft, to service: MailboxService) async throws -> MessageID {
    guard let through = user.through else {
      return try await service.submit(
        draft, kind: body.kind, attestation: attestation.attestation, byOperator: commandOperator())
    }
    return try await service.submit(
      draft, kind: body.kind, attestation: attestation.attestation, by: user.principal(), through: through)
  }

  private struct Accepted: Encodable {
    let id: String
    let status: String
  }
}
