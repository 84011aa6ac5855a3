import Foundation
import SDKRelay
import Testing

@testable import Mailbox

@Suite("Agreements of a running node") struct AgreementWatchTests {
  /// A folder with one agreement, and the watch over it.
  final class Watched {
    let folder = FileManager.default.temporaryDirectory.appending(path: "agreements-\(UUID().uuidString)")
    let watch: AgreementWatch
    private var now = ContinuousClock.now

    init() throws {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      watch = AgreementWatch(folder: folder)
      try write(AgreementText().text)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func write(_ text: String, to name: String = "ab.yaml") throws {
      try Data(text.utf8).write(to: folder.appending(path: name), options: .atomic)
    }

    /// Looks three seconds later.
    func look() -> AgreementNews? {
      now = now.advanced(by: .seconds(3))
      return watch.look(now: now)
    }

    func answer(_ kind: InformationKind) throws -> String { try watch.book().answer("a-one", "b-one", kind) }
  }

  private static func text(_ kinds: String) -> String {
    AgreementText().text.replacing("kinds: [application, other]", with: "kinds: [\(kinds)]")
  }

  @Test("a changed folder counts without a restart, and is told once")
  func renewal() throws {
    let watched = try Watched()
    #expect(try watched.answer(.result) == "kindNotAgreed")
    #expect(watched.look() == nil)
    try watched.write(Self.text("result"))
    #expect(try watched.answer(.result) == "kindNotAgreed")
    #expect(watched.look() == .renewed(versions: 1))
    #expect(try watched.answer(.result) == "ab (version 1)")
    #expect(watched.look() == nil)
    try watched.write(AgreementText(id: "other").text, to: "other.yaml")
    #expect(watched.look() == .renewed(versions: 2))
    try FileManager.default.removeItem(at: watched.folder.appending(path: "ab.yaml"))
    #expect(watched.look() == .renewed(versions: 1))
    try watched.write("half an agree", to: ".other.yaml.swp")
    try watched.write(AgreementText(id: "other").text, to: "other.yaml")
    #expect(watched.look() == nil)
  }

  @Test("a broken file leaves the running agreements as they are, with one alarm a change")
  func broken() throws {
    let watched = try Watched()
    _ = try watched.watch.book()
    try watched.write(Self.text("result, nothing"))
    try watched.write(AgreementText(id: "other").text, to: "other.yaml")
    let news = watched.look()
    #expect(news?.isAlarm == true)
    #expect(
      news?.description.contains("ab.yaml:41: routes[0].kinds[1]: must be one of") == true,
      "\(String(describing: news))")
    #expect(watched.look() == nil)
    #expect(try watched.answer(.other) == "ab (version 1)")
    #expect(try watched.answer(.result) == "kindNotAgreed")
    try watched.write(Self.text("result, nowhere"))
    #expect(watched.look()?.isAlarm == true)
    try watched.write(Self.text("result"))
    #expect(watched.look() == .renewed(versions: 2))
    #expect(try watched.answer(.result) == "ab (version 1)")
  }

  @Test("a folder that vanishes or cannot be told from one leaves the running agreements as they are")
  func vanished() throws {
    let watched = try Watched()
    _ = try watched.watch.book()
    let aside = watched.folder.appendingPathExtension("aside")
    defer { try? FileManager.default.removeItem(at: aside) }
    try FileManager.default.moveItem(at: watched.folder, to: aside)
    #expect(watched.look()?.isAlarm == true)
    #expect(watched.look() == nil)
    #expect(try watched.answer(.other) == "ab (version 1)")
    try FileManager.default.moveItem(at: aside, to: watched.folder)
    #expect(watched.look() == nil)
    try watched.write("id: x", to: "new.yml")
    #expect(watched.look()?.description.hasSuffix("new.yml:1: an agreement's file ends in .yaml") == true)
  }

  @Test("the folder is looked at once in a few seconds, and nothing counts before it has been right")
  func beginning() throws {
    let watched = try Watched()
    try watched.write("id: x")
    #expect(throws: AgreementProblems.self) { try watched.watch.book() }
    try watched.write(AgreementText().text)
    #expect(try watched.answer(.other) == "ab (version 1)")
    let now = ContinuousClock.now
    #expect(watched.watch.look(now: now.advanced(by: .seconds(3))) == nil)
    try watched.write(Self.text("result"))
    #expect(watched.watch.look(now: now.advanced(by: .seconds(4))) == nil)
    #expect(watched.watch.look(now: now.advanced(by: .seconds(6))) == .renewed(versions: 1))
  }
}
