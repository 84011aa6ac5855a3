import Foundation
import Testing
import XMLSecurity

@testable import SDKRelay

@Suite("Revocation lists of a running node") struct RevocationWatchTests {
  /// A folder with one list, and the watch over it.
  struct Watched {
    let folder = FileManager.default.temporaryDirectory.appending(path: "revocation-\(UUID().uuidString)")
    let authority: CertificateAuthority
    let leaf: Identity
    let trust: TrustStore
    let store: Store
    var watch: RevocationWatch
    var file: URL { folder.appending(path: "ca.crl") }

    /// - Parameter nextUpdate: the end of the list that is there at first, in seconds from now.
    init(nextUpdate: TimeInterval = 3_600) throws {
      authority = try TestKeys.shared.get().accessPointCA
      leaf = try TestKeys.shared.get().accessPoints[0]
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let list = try authority.revocationList(
        revoked: [], at: Date(timeIntervalSinceNow: -600), nextUpdate: Date(timeIntervalSinceNow: nextUpdate))
      let url = folder.appending(path: "ca.crl")
      try Data(list).write(to: url)
      let settings = NodeSettings.Trust(
        authorities: [authority.identity.certificate],
        revocationLists: [NodeSettings.RevocationListFile(url: url, bytes: list)])
      trust = try settings.store()
      store = try Store(folder: folder.appending(path: "data"))
      watch = RevocationWatch(
        WatchedList.all(of: settings, in: trust), store: store, work: BlockingWork(threads: 1),
        logger: CapturedLog().logger)
    }

    var isTrusted: Bool {
      (try? trust.verify(leaf.certificate, at: Date(timeIntervalSinceNow: 5), for: .digitalSignature)) != nil
    }

    /// Looks a few seconds later, and says what was said, alarms marked.
    mutating func look() async throws -> [String] {
      let before = try store.events(after: 0, limit: 100).count
      try await watch.look(now: Date(timeIntervalSinceNow: 5))
      return try store.events(after: 0, limit: 100).dropFirst(before).map { ($0.isAlarm ? "! " : "") + $0.text }
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }
  }

  @Test("I4: a list that takes the place of another counts without a restart")
  func renewal() async throws {
    var watched = try Watched()
    defer { watched.remove() }
    #expect(try await watched.look().isEmpty)
    #expect(watched.isTrusted)
    let list = try watched.authority.revocationList(revoked: [watched.leaf.certificate.serialNumber])
    try Data(list).write(to: watched.file, options: .atomic)
    let said = try await watched.look()
    #expect(said.count == 1 && said[0].hasSuffix("has been renewed"), "\(said)")
    #expect(!watched.isTrusted)
    #expect(try await watched.look().isEmpty)
  }

  @Test("I4: a broken, an older and a missing list are refused with one alarm each, and the present one stays")
  func refusals() async throws {
    var watched = try Watched()
    defer { watched.remove() }
    let older = try watched.authority.revocationList(
      revoked: [watched.leaf.certificate.serialNumber], at: Date(timeIntervalSinceNow: -7_200))
    for (bytes, words) in [([UInt8]("no list".utf8), "is no revocation list"), (older, "older than the present one")] {
      try Data(bytes).write(to: watched.file)
      let said = try await watched.look()
      #expect(said.count == 1 && said[0].hasPrefix("! ") && said[0].hasSuffix(words), "\(said)")
      #expect(try await watched.look().isEmpty, "said once")
      #expect(watched.isTrusted)
    }
    try FileManager.default.removeItem(at: watched.file)
    let said = try await watched.look()
    #expect(said.count == 1 && said[0].hasPrefix("! ") && said[0].hasSuffix("does not exist"), "\(said)")
    #expect(try await watched.look().isEmpty)
    #expect(watched.isTrusted)
  }

  @Test("I4: the end of a list without a successor is an alarm, once")
  func end() async throws {
    var watched = try Watched(nextUpdate: -60)
    defer { watched.remove() }
    let said = try await watched.look()
    #expect(said.count == 1 && said[0].hasPrefix("! ") && said[0].contains("has not been renewed"), "\(said)")
    #expect(try await watched.look().isEmpty)
    #expect(watched.isTrusted, "within the grace")
  }
}
