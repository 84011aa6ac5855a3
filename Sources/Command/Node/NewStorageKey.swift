import ArgumentParser
import Foundation
import SDKRelay
import XMLSecurity

struct NewStorageKey: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new-storage-key", abstract: "Make a key that stored messages are sealed with.",
    discussion: """
      The file is new, holds 32 random bytes in base64, and only its owner may read it. Name it under storage.keys in the \
      node's settings, before the present keys, and restart the node. Keep a copy, apart from the backups of the data: \
      what was sealed with a key that is lost is lost too.

      Example: sdkrelay keys new-storage-key keys/storage-2027.key
      """)

  @Argument(help: ArgumentHelp("The file to make.", valueName: "file"))
  var file: String
  @OptionGroup var output: Output

  private struct Made: Encodable {
    let file: String
  }

  func run() throws {
    let url = URL(filePath: file)
    let new = try Spool(folder: url.deletingLastPathComponent()).create()
    defer { new.discard() }
    try new.write(SealKey.random().storageKeyText)
    try new.sync()
    // Unlike a renaming, a link never replaces a file.
    guard link(new.temporaryURL.path, url.path) == 0 else {
      let reason = errno == EEXIST ? "already exists" : "cannot be made: \(String(cString: strerror(errno)))"
      throw CommandProblem.couldNotRun("\(file) \(reason)")
    }
    try syncFolder(url.deletingLastPathComponent())
    try output.result(Made(file: url.path)) { printable(url.path) }
  }
}
