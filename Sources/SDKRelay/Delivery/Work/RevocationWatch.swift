import Foundation
import Logging
import XMLSecurity

/// Takes a revocation list anew when its file has changed, so that a node learns of revoked certificates while it runs.
///
/// The files are looked at every minute, and read only when they are not the same any more. A list that cannot count,
/// or is older than the present one, is refused with an alarm, and the present one stays; so it does while a file is
/// missing or half written. A list that has ended and has no successor is an alarm too, while there is time to mend its
/// source (threats.md I4).
struct RevocationWatch: Sendable {
  private var files: [WatchedList]
  let store: Store
  let work: BlockingWork
  let logger: Logger
  private static let glance = Duration.seconds(60)

  init(_ files: [WatchedList], store: Store, work: BlockingWork, logger: Logger) {
    self.files = files
    self.store = store
    self.work = work
    self.logger = logger
  }

  /// Looks now and every minute.
  func run() async throws {
    var watch = self
    while !Task.isCancelled {
      try await watch.look(now: Date())
      try await Task.sleep(for: Self.glance)
    }
  }

  mutating func look(now: Date) async throws {
    for index in files.indices {
      let file = files[index]
      let (looked, events) = try await work.run { file.looked(now: now) }
      files[index] = looked
      for event in events { try await tell(event, now) }
    }
  }

  private func tell(_ event: NewEvent, _ now: Date) async throws {
    if !event.isAlarm { logger.notice("\(event.text)") }
    do {
      try await store.write { db in try EventLog.add(event, at: now, in: db) }
    } catch let problem where StoreFault.isTemporary(problem) {
      logger.error("an event cannot be written", metadata: ["reason": "\(problem)"])
    }
  }
}

/// A revocation list of a trust store, and the file it is renewed from.
struct WatchedList: Sendable {
  let path: String
  let trust: TrustStore
  /// The list's number in the trust store.
  let index: Int
  /// The file whose bytes are those of the present list.
  private var taken: FileInformation.Version?
  /// What was said about the file last, so that it is not said every minute.
  private var complaint: Complaint?
  /// The end of a list that has been told.
  private var toldEnd: Date?
  private static let mostBytes = 100_000_000

  private struct Complaint: Equatable {
    let version: FileInformation.Version?
    let words: String
  }

  /// The lists of one trust store.
  static func all(of settings: NodeSettings.Trust, in trust: TrustStore) -> [WatchedList] {
    settings.revocationLists.enumerated().map { WatchedList(path: $1.url.path, trust: trust, index: $0) }
  }

  init(path: String, trust: TrustStore, index: Int) {
    self.path = path
    self.trust = trust
    self.index = index
  }

  /// The list after a look at its file, and what there is to say.
  func looked(now: Date) -> (WatchedList, [NewEvent]) {
    var next = self
    let events = [next.takeAnew(now), next.warnOfEnd(now)]
    return (next, events.compactMap(\.self))
  }

  private mutating func takeAnew(_ now: Date) -> NewEvent? {
    let version = FileInformation(path: path)?.version
    guard version == nil || version != taken else { return nil }
    do {
      let bytes = try NamedFile.read(path, limit: Self.mostBytes)
      let isNew = bytes != trust.revocationLists[index].bytes
      if isNew { try trust.renew(revocationList: index, with: bytes, at: now) }
      taken = version
      complaint = nil
      return isNew ? NewEvent(text: "the revocation list \(path) has been renewed") : nil
    } catch {
      let words = (error as? FileProblem)?.description ?? "\(path): \(error)"
      let complaint = Complaint(version: version, words: words)
      guard complaint != self.complaint else { return nil }
      self.complaint = complaint
      return NewEvent(text: "a revocation list is refused, and the present one stays: \(words)", isAlarm: true)
    }
  }

  private mutating func warnOfEnd(_ now: Date) -> NewEvent? {
    let end = trust.revocationLists[index].nextUpdate
    guard end < now, end != toldEnd else { return nil }
    toldEnd = end
    let text = "the revocation list \(path) ended at \(end.formatted(.iso8601)) and has not been renewed"
    return NewEvent(text: "\(text): a day after that every certificate of its issuer is refused", isAlarm: true)
  }
}
