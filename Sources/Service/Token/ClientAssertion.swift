import Foundation
import JWTKit
import Mailbox
import Synchronization

/// A client's signed statement of who it is (private_key_jwt: RFC 7523, section 3).
struct ClientAssertion: JWTPayload {
  static let type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

  var iss: IssuerClaim
  var sub: SubjectClaim
  var aud: AudienceClaim
  var exp: ExpirationClaim
  var nbf: NotBeforeClaim?
  var jti: IDClaim

  func verify(using algorithm: some JWTAlgorithm) throws {
    try exp.verifyNotExpired()
    try nbf?.verifyNotBefore()
  }
}

/// Assertions that have been used: each counts once (RFC 7523, section 3, `jti`).
final class UsedAssertions: Sendable {
  private let ends = Mutex<[String: Date]>([:])
  private static let most = 100_000

  /// - Returns: false when it has been used before, or when so many are remembered that none more can be.
  func use(_ id: String, of client: ClientID, until end: Date, at now: Date) -> Bool {
    ends.withLock { ends in
      if ends.count >= Self.most { ends = ends.filter { $0.value > now } }
      let key = "\(client.value) \(id)"
      guard ends.count < Self.most, (ends[key] ?? .distantPast) <= now else { return false }
      ends[key] = end
      return true
    }
  }
}
