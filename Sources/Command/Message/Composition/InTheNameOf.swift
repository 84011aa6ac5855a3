import ArgumentParser
import Mailbox

/// In whose name a command works at messages. The operator may not by itself: what the user may not, the command may not,
/// and the audit trail names both.
struct InTheNameOf: ParsableArguments {
  @OptionGroup var user: ActingUser
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  func principal() throws -> Principal { try user.principal() }
}
