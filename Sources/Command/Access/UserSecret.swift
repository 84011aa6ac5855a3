import ArgumentParser
import Mailbox
import SDKRelay

struct UserSecret: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "secret", abstract: "Give a user a secret for the built-in token endpoint; it is shown this once.",
    discussion: """
      For installations without an authorisation server. A new secret ends the former one and the tokens got with it. \
      Only its hash is kept. The user asks /oauth/token with grant_type=password.

      Examples:
        sdkrelay user secret handlaggare-1
        sdkrelay user secret handlaggare-1 --remove
      """)

  @Argument(help: "The user.")
  var id: String
  @Flag(help: "Take the secret away.")
  var remove = false
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  private struct View: Encodable {
    let id: String
    let secret: String?
  }

  func run() async throws {
    let user = try UserID(id)
    let service = try configurationFile.service()
    if remove {
      try await service.removeSecret(of: user, by: commandOperator())
      return try output.result(View(id: user.value, secret: nil)) { "the secret of \(user) is gone" }
    }
    let secret = try await service.newSecret(for: user, by: commandOperator())
    try output.result(View(id: user.value, secret: secret)) { "Secret of \(user), shown this once: \(secret)" }
  }
}
