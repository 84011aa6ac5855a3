import Foundation
import Mailbox
import SDKRelay
import Testbed

/// Lists, conversations and searches among many messages, printed as a table in Markdown.
enum MailboxFigures {
  /// - Parameter counts: how many messages, each rising.
  static func printTable(_ counts: [Int], in folder: URL) async throws {
    var options = TestFederation.Options()
    options.keySizes = .quick
    let federation = try TestFederation.create(in: folder.appending(path: "federation"), options: options)
    var settings = try NodeSettings(file: federation.nodeA.settings)
    settings.data = folder.appending(path: "data")
    let measurement = try await MailboxMeasurement(settings)
    print("## The message service among many messages, median ms\n")
    print(
      """
      | messages | stored, ms each | newest 50 | 100th page | conversations | a conversation | two words of all | \
      100th page of them | beginning of a word of all | rare word | diarienummer | database MB |
      |---|---|---|---|---|---|---|---|---|---|---|---|
      """)
    var stored = 0
    for count in counts {
      let cost = try await measurement.fill(stored..<count)
      stored = count
      let times = try await measurement.times(31)
      let figures = [
        times.firstPage, times.hundredthPage, times.conversations, times.conversation, times.commonWord,
        times.hundredthSearchPage, times.commonBeginning, times.rareWord, times.reference,
      ].map { String(format: "%.2f", $0 * 1e3) }.joined(separator: " | ")
      let file = settings.data.appending(path: "relay.sqlite")
      let size = try file.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
      print(String(format: "| %d | %.3f | %@ | %.0f |", count, cost * 1e3, figures, Double(size) / 1e6))
      fflush(nil)
    }
  }
}
