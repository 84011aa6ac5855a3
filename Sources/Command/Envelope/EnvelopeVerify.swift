import ArgumentParser
import SDKRelay

struct EnvelopeVerify: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Verify an envelope's form and signature; nothing is decrypted.",
    discussion: """
      The last line is "valid" or "invalid: reason".

      Examples:
        sdkrelay envelope verify message.xhe --no-trust
        sdkrelay envelope verify message.xhe --trust o2o-ca.pem --at 2022-06-01
      """)

  @OptionGroup var input: InputFile
  @Flag(help: "Check form and signature only, and believe whatever certificate stands in it.")
  var noTrust = false
  @OptionGroup var trust: TrustOptions
  @OptionGroup var output: Output

  func validate() throws {
    guard noTrust != trust.isGiven else {
      throw ValidationError("Give either --no-trust, or whom to believe with --trust or --sender-cert.")
    }
    guard !noTrust || trust.at == nil else {
      throw ValidationError("--at needs --trust or --sender-cert: with --no-trust no date is looked at.")
    }
  }

  func run() throws {
    let believed = try noTrust ? EnvelopeTrust.signatureOnly : trust.make()
    try input.watched { try verdict(believed, $0) }.print(to: output)
  }

  private func verdict(_ believed: EnvelopeTrust, _ progress: Progress) throws -> Verdict {
    var view: EnvelopeView?
    do {
      let received = try input.envelope(progress)
      view = EnvelopeView(received.header, isSigned: received.isSigned)
      view?.signer = SignerView(try received.verify(believed, at: trust.time).signer)
      return Verdict(file: input.file, valid: true, reason: nil, envelope: view)
    } catch let problem as EnvelopeProblem where problem != .unreadable {
      return Verdict(file: input.file, valid: false, reason: problem.description, envelope: view)
    }
  }
}
