public import Foundation
import SDKRelay
import Synchronization
import XMLSecurity

/// The agreements of a running node, taken anew when their folder changes.
///
/// The folder is looked at every few seconds, and read only when a file of it has come, gone or been written. The book
/// is exchanged when everything in the folder is right; else the running one stays, and what is wrong is told once for
/// each change.
public final class AgreementWatch: Sendable {
  /// How long one look suffices.
  public static let glance = Duration.seconds(2)

  private let folder: URL
  private let state = Mutex(State())

  fileprivate struct State {
    var book: AgreementBook?
    /// The folder as the book was read from it.
    var taken: FolderVersion?
    /// What the folder was like when it was refused last.
    var refused: Complaint?
    var looked: ContinuousClock.Instant?
  }

  fileprivate struct Complaint: Equatable {
    let version: FolderVersion?
    let problems: AgreementProblems
  }

  /// Reads nothing yet.
  public init(folder: URL) {
    self.folder = folder
  }

  /// The agreements that count now; the first call reads them.
  public func book() throws(AgreementProblems) -> AgreementBook {
    let result = state.withLock { state -> Result<AgreementBook, AgreementProblems> in
      if let book = state.book { return .success(book) }
      let version = FolderVersion(folder)
      return Self.read(folder).map { book in
        (state.book, state.taken, state.looked) = (book, version, .now)
        return book
      }
    }
    return try result.get()
  }

  /// Looks at the folder, if the last look is long enough ago, and says what has come of it.
  public func look(now: ContinuousClock.Instant = .now) -> AgreementNews? {
    state.withLock { state -> AgreementNews? in
      if let looked = state.looked, now - looked < Self.glance { return nil }
      state.looked = now
      let version = FolderVersion(folder)
      guard state.book == nil || version == nil || version != state.taken else {
        // Whoever put things back as they were need not hear of it, but may break them again in the same way.
        state.refused = nil
        return nil
      }
      return state.take(Self.read(folder), version)
    }
  }

  private static func read(_ folder: URL) -> Result<AgreementBook, AgreementProblems> {
    do {
      return .success(try AgreementBook(folder: folder))
    } catch {
      return .failure(error)
    }
  }
}

extension AgreementWatch.State {
  fileprivate mutating func take(
    _ result: Result<AgreementBook, AgreementProblems>, _ version: FolderVersion?
  ) -> AgreementNews? {
    switch result {
    case .success(let book):
      let isNew = book.versions != self.book?.versions || refused != nil
      (self.book, taken, refused) = (book, version, nil)
      return isNew ? .renewed(versions: book.versions.count) : nil
    case .failure(let problems):
      let complaint = AgreementWatch.Complaint(version: version, problems: problems)
      guard complaint != refused else { return nil }
      refused = complaint
      return .refused(problems)
    }
  }
}

/// What a look at the agreements' folder has shown.
public enum AgreementNews: Hashable, Sendable, CustomStringConvertible {
  /// The folder has changed, and counts from now on.
  case renewed(versions: Int)
  /// The folder is wrong, and what was read from it before still counts.
  case refused(AgreementProblems)

  /// Whether somebody has to mend something.
  public var isAlarm: Bool {
    if case .refused = self { true } else { false }
  }

  public var description: String {
    switch self {
    case .renewed(let count): "the agreements have been taken anew: \(count) versions"
    case .refused(let problems): "the agreements are refused, and the present ones stay: \(problems)"
    }
  }
}

/// What changes when a file comes, goes or is written.
private struct FolderVersion: Hashable, Sendable {
  private let files: [String: FileInformation.Version?]

  /// Nil when the folder cannot be read.
  init?(_ folder: URL) {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else { return nil }
    files = Dictionary(
      names.filter { !$0.hasPrefix(".") }.map { ($0, FileInformation(path: folder.appending(path: $0).path)?.version) },
      uniquingKeysWith: { $1 })
  }
}
