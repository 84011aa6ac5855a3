import Foundation
import Logging
import SDKRelay
import XMLSecurity

/// The keys of the authorisation server that the settings name: a file that is read anew, or an address.
///
/// From an address they are fetched at the start, once an hour, and when a token names a key that is not among them, at
/// most every half minute. While they cannot be fetched, or what comes is no key set, the last good ones count.
actor AuthorityKeys {
  typealias Fetch = @Sendable (URL) async throws -> [UInt8]

  private let place: ServiceSettings.AuthorisationServer.Keys
  private let fetch: Fetch
  private let logger: Logger
  private var keys: PublicKeySet?
  /// What the keys were made of.
  private var text: String?
  private var fetched: ContinuousClock.Instant?
  private var tried: ContinuousClock.Instant?
  private var fetching: Task<Void, Never>?
  private let patience: Duration
  private static let interval = Duration.seconds(3_600)
  /// The largest set that is taken, in bytes.
  static let largest = 262_144

  /// - Parameter patience: the shortest time between two fetches.
  init(
    _ place: ServiceSettings.AuthorisationServer.Keys, fetch: @escaping Fetch, patience: Duration = .seconds(30),
    logger: Logger
  ) {
    self.place = place
    self.fetch = fetch
    self.patience = patience
    self.logger = logger
  }

  /// What the token says, if one of the keys has signed it and its time has not ended; who it is from and for is not
  /// looked at.
  func claims(_ token: String) async -> TokenClaims? {
    await renew(because: .age)
    guard let keys else { return nil }
    switch await keys.judge(token) {
    case .valid(let claims): return claims
    case .invalid: return nil
    case .unknownKey:
      await renew(because: .unknownKey)
      guard let renewed = self.keys, case .valid(let claims) = await renewed.judge(token) else { return nil }
      return claims
    }
  }

  private enum Reason { case age, unknownKey }

  func start() async { await renew(because: .age) }

  private func renew(because reason: Reason) async {
    switch place {
    case .file(let file):
      if reason == .age { await take(try? String(contentsOf: file, encoding: .utf8)) }
    case .address(let url):
      if let fetching { return await fetching.value }
      let isDue = reason == .unknownKey || fetched.map { .now - $0 >= Self.interval } ?? true
      guard isDue, tried.map({ .now - $0 >= patience }) ?? true else { return }
      tried = .now
      let task = Task { await self.fetchNow(url) }
      fetching = task
      await task.value
      fetching = nil
    }
  }

  private func fetchNow(_ url: URL) async {
    do {
      let bytes = try await fetch(url)
      guard bytes.count <= Self.largest, await take(String(validating: bytes, as: UTF8.self)) else {
        return logger.error("the authorisation server's keys are no key set; the former ones count")
      }
      fetched = .now
    } catch {
      logger.error(
        "the authorisation server's keys cannot be fetched; the former ones count", metadata: ["reason": "\(error)"])
    }
  }

  /// - Returns: whether it is a set of keys.
  @discardableResult
  private func take(_ new: String?) async -> Bool {
    guard let new else { return false }
    if let text, sameBytes(text, new) { return true }
    guard let set = await PublicKeySet(new) else { return false }
    (keys, text) = (set, new)
    return true
  }
}
