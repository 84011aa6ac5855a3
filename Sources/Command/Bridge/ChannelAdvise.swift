public import ArgumentParser
public import StructuredBridge

struct ChannelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "channel", abstract: "Which channel information belongs in, by the agreement's rules.",
    subcommands: [ChannelAdvise.self])
}

extension ChannelQuestion.Interface: ExpressibleByArgument {}

struct ChannelAdvise: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "advise",
    abstract: "Say which channel to use, by which rule, and why.",
    discussion: """
      R1 unstructured: SDK. R2 unstructured, SDK or agreement missing: ordinary cooperation. R3 structured, interface \
      up: the interface. R4 structured, interface down or absent: the counterpart's web portal, never SDK. R5 an event \
      with a document: each its own way, linked first.

      Examples:
        sdkrelay channel advise --information none --sdk yes --agreement yes --api up
        sdkrelay channel advise --information admission --document --sdk yes --agreement no --api down
      """)

  enum Answer: String, ExpressibleByArgument, CaseIterable { case yes, no }

  @Option(
    help: ArgumentHelp(
      "What it is about: \(EventKind.allCases.map(\.rawValue).joined(separator: ", ")); none, or other, for what has "
        + "no structured form.", valueName: "type"))
  var information: String
  @Flag(help: "There is a text or a document besides the event.")
  var document = false
  @Option(help: "Whether SDK is in place on both sides.")
  var sdk: Answer
  @Option(help: "Whether an agreement in force names the mailbox.")
  var agreement: Answer
  @Option(help: "How the structured interface is.")
  var api: ChannelQuestion.Interface
  @Flag(help: "Questions about residents and about the establishment programme are exchanged.")
  var queries = false
  @OptionGroup var output: Output

  private static let unstructured = ["none", "other"]

  func validate() throws {
    guard Self.unstructured.contains(information) || EventKind(rawValue: information) != nil else {
      throw ValidationError(
        "--information is none, other or one of \(EventKind.allCases.map(\.rawValue).joined(separator: ", ")).")
    }
  }

  func run() throws {
    let question = ChannelQuestion(
      event: EventKind(rawValue: information), hasDocument: document, sdk: sdk == .yes, agreement: agreement == .yes,
      api: api)
    var live = LiveKinds()
    (live.residentQuery, live.establishmentQuery) = (queries, queries)
    let advice = question.advice(live)
    try output.result(advice) { Self.text(advice) }
  }

  private static func text(_ advice: ChannelAdvice) -> String {
    let ways = [("event", advice.event), ("document", advice.document)].compactMap { part, way in
      way.map { "\(part): \($0.rule.rawValue)  \($0.channel.words)  (\($0.reason.rawValue): \($0.reason.words))" }
    }
    let link = advice.isLinkedFirst ? ["R5  link both to the same case first"] : []
    return (link + ways).joined(separator: "\n")
  }
}
