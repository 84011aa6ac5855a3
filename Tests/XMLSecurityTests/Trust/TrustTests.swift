import Foundation
import Testing

@testable import XMLSecurity

@Suite("Trust") struct TrustTests {
  func store(_ anchors: Certificate..., lists: [[UInt8]] = []) throws -> TrustStore {
    try TrustStore(anchors: anchors, revocationLists: lists)
  }

  func reason(_ store: TrustStore, _ leaf: Identity, at time: Date = Date(), for usage: KeyUsage = .digitalSignature)
    -> TrustProblem.Reason?
  {
    do {
      _ = try store.verify(leaf.certificate, presented: leaf.chain, at: time, for: usage)
      return nil
    } catch {
      return error.reason
    }
  }

  /// A CA's certificate, presented as if it were a participant's.
  func reason(_ store: TrustStore, authority: Certificate) -> TrustProblem.Reason? {
    do {
      _ = try store.verify(authority, at: Date(), for: .digitalSignature)
      return nil
    } catch {
      return error.reason
    }
  }

  @Test("a chain to an anchor is trusted, at the root or at the issuing CA")
  func chains() throws {
    let leaf = try TestKeys.issuing.get().issue(TestKeys.request("leaf"), key: TestKeys.first.get())
    let root = try TestKeys.root.get().identity.certificate, issuing = try TestKeys.issuing.get().identity.certificate
    #expect(reason(try store(root), leaf) == nil)
    #expect(reason(try store(issuing), leaf) == nil)
    let bare = try Identity(certificate: leaf.certificate, privateKey: leaf.privateKey)
    #expect(reason(try store(root), bare) == .unknownIssuer)
    #expect(reason(try TrustStore(anchors: [root], intermediates: [issuing]), bare) == nil)
  }

  @Test(
    "I2: a CA of the same name, a self-signed certificate, one issued by a leaf, and an issuing CA itself are refused")
  func strangers() throws {
    let trusted = try store(TestKeys.root.get().identity.certificate)
    let twin = try CertificateAuthority.root("Keys Test Root", bits: 2048)
    #expect(reason(trusted, try twin.issue(TestKeys.request("leaf"), key: TestKeys.first.get())) == .unknownIssuer)
    let alone = try CertificateAuthority.selfSigned(TestKeys.request("leaf"), key: TestKeys.first.get())
    #expect(reason(trusted, alone) == .unknownIssuer)
    let leaf = try TestKeys.issuing.get().issue(TestKeys.request("leaf"), key: TestKeys.first.get())
    let below = try CertificateAuthority(identity: leaf).issue(TestKeys.request("below"), key: TestKeys.second.get())
    #expect(reason(trusted, below) == .wrongUsage)
    #expect(reason(trusted, try TestKeys.issuing.get().identity) == .wrongUsage)
  }

  @Test("I3: expired, not yet valid, weak and wrongly used certificates are refused, each with its reason")
  func unfit() throws {
    let trusted = try store(TestKeys.root.get().identity.certificate)
    func issue(_ change: (inout CertificateRequest) -> Void, key: PrivateKey? = nil) throws -> Identity {
      var request = TestKeys.request("unfit")
      change(&request)
      return try TestKeys.issuing.get().issue(request, key: key ?? TestKeys.first.get())
    }
    let expired = try issue { $0.notAfter = Date(timeIntervalSinceNow: -60) }
    #expect(reason(trusted, expired) == .expired)
    #expect(reason(trusted, expired, at: Date(timeIntervalSinceNow: -600)) == nil)
    #expect(reason(trusted, expired) == .expired, "a remembered result does not outlive the certificate")
    #expect(reason(trusted, try issue { $0.notBefore = Date(timeIntervalSinceNow: 600) }) == .notYetValid)
    #expect(reason(trusted, try issue({ _ in }, key: TestKeys.weak.get())) == .weak)
    #expect(reason(trusted, try issue { $0.signatureDigest = .sha1 }) == .weak)
    let encryptionOnly = try issue { $0.keyUsage = "critical,keyEncipherment" }
    #expect(reason(trusted, encryptionOnly) == .wrongUsage)
    #expect(reason(trusted, encryptionOnly, for: .keyEncipherment) == nil)
  }

  @Test("I4, SDK-AS4-10: a revoked certificate is refused, and a day after its list has ended so is every other")
  func revocation() throws {
    let issuing = try TestKeys.issuing.get()
    let good = try issuing.issue(TestKeys.request("good"), key: TestKeys.first.get())
    let bad = try issuing.issue(TestKeys.request("bad"), key: TestKeys.first.get())
    let list = try issuing.revocationList(revoked: [bad.certificate.serialNumber])
    let trusted = try store(TestKeys.root.get().identity.certificate, lists: [list])
    #expect(reason(trusted, good) == nil)
    #expect(reason(trusted, bad) == .revoked)
    let end = Date(timeIntervalSinceNow: 86_400)
    #expect(reason(trusted, good, at: end + TrustStore.revocationGrace - 60) == nil)
    #expect(reason(trusted, bad, at: end + TrustStore.revocationGrace - 60) == .revoked)
    #expect(reason(trusted, good, at: end + TrustStore.revocationGrace + 700) == .revocationUnknown)
    #expect(reason(trusted, good, at: Date(timeIntervalSinceNow: -3_000)) == .revocationUnknown, "a list of the future")
  }

  @Test("a list tells when it revoked a certificate, if one of the named issuers has signed it")
  func revocationDate() throws {
    let issuing = try TestKeys.issuing.get(), root = try TestKeys.root.get().identity.certificate
    let good = try issuing.issue(TestKeys.request("good"), key: TestKeys.first.get()).certificate
    let bad = try issuing.issue(TestKeys.request("bad"), key: TestKeys.first.get()).certificate
    let time = Date(timeIntervalSince1970: 1_780_000_000)
    let list = try RevocationList(issuing.revocationList(revoked: [bad.serialNumber], at: time))
    let issuers = [root, issuing.identity.certificate]
    #expect(list.revocation(of: bad, issuers: issuers) == time)
    #expect(list.revocation(of: good, issuers: issuers) == nil)
    #expect(list.revocation(of: bad, issuers: [root]) == nil)
    #expect(try RevocationList(list.pem).revocation(of: bad, issuers: issuers) == time)
  }

  @Test("I4: a list that somebody else has signed counts as none, and a newer list beside an old one counts")
  func lists() throws {
    let issuing = try TestKeys.issuing.get(), root = try TestKeys.root.get().identity.certificate
    let bad = try issuing.issue(TestKeys.request("bad"), key: TestKeys.first.get())
    let twin = try CertificateAuthority.root("Keys Test CA", bits: 2048)
    let forged = try store(root, lists: [twin.revocationList(revoked: [])])
    #expect(reason(forged, bad) == .revocationUnknown)
    let old = try issuing.revocationList(
      revoked: [], at: Date(timeIntervalSinceNow: -7_200), nextUpdate: Date(timeIntervalSinceNow: -3_600))
    let new = try issuing.revocationList(revoked: [bad.certificate.serialNumber])
    #expect(reason(try store(root, lists: [old]), bad) == nil, "within the grace")
    #expect(reason(try store(root, lists: [old, new]), bad) == .revoked)
    #expect(reason(try store(root, lists: [new, old]), bad) == .revoked)
    #expect(throws: KeyProblem.unreadable) { try store(root, lists: [Array("no list".utf8)]) }
  }

  @Test("I4: a newer list counts at once, also for certificates that were good before")
  func renewal() throws {
    let issuing = try TestKeys.issuing.get()
    let leaf = try issuing.issue(TestKeys.request("late"), key: TestKeys.first.get())
    let present = try issuing.revocationList(revoked: [], at: Date(timeIntervalSinceNow: -60))
    let trusted = try store(TestKeys.root.get().identity.certificate, lists: [present])
    #expect(reason(trusted, leaf) == nil)
    let new = try issuing.revocationList(revoked: [leaf.certificate.serialNumber])
    try trusted.renew(revocationList: 0, with: new, at: Date(timeIntervalSinceNow: 1))
    #expect(reason(trusted, leaf) == .revoked)
  }

  @Test("I4: a list that is broken, forged, older, not valid yet or of another issuer leaves the present one in place")
  func refusedRenewals() throws {
    let issuing = try TestKeys.issuing.get(), authority = try CertificateAuthority.root("Renewal CA", bits: 2048)
    let leaf = try authority.issue(TestKeys.request("good"), key: TestKeys.first.get())
    let trusted = try store(authority.identity.certificate, lists: [authority.revocationList(revoked: [])])
    let all = [leaf.certificate.serialNumber]
    let twin = try CertificateAuthority.root("Renewal CA", bits: 2048)
    let refused: [(RevocationListProblem, [UInt8])] = [
      (.unreadable, Array("no list".utf8)), (.otherIssuer, try issuing.revocationList(revoked: [])),
      (.forged, try twin.revocationList(revoked: all)),
      (.older, try authority.revocationList(revoked: all, at: Date(timeIntervalSinceNow: -7_200))),
      (.notYetValid, try authority.revocationList(revoked: all, at: Date(timeIntervalSinceNow: 600))),
    ]
    for (problem, list) in refused {
      #expect(throws: problem) { try trusted.renew(revocationList: 0, with: list, at: Date(timeIntervalSinceNow: 1)) }
      #expect(reason(trusted, leaf) == nil)
    }
  }

  @Test(
    "I2: the federation's own authorities vouch for their own environment only",
    .enabled(if: CanonicalizationTests.hasShared, "no ../shared"))
  func environments() throws {
    func load(_ path: String) throws -> Certificate {
      let url = CanonicalizationTests.shared.appending(path: "official/certs/\(path)")
      return try #require(try Certificate.load(pem: Array(Data(contentsOf: url))).first)
    }
    let testRoot = try load("open-test/Certifikatskedja-Accesspunkt/Rot-CA-eDelivery-Accesspunkt-TEST.cer")
    let qaRoot = try load("qa/Certifikatskedja-Accesspunkt/Rot-CA-eDelivery-Accesspunkt---QA.cer")
    let testCA = try load("open-test/Certifikatskedja-Accesspunkt/Accesspunkt-CA-OPEN-TEST.cer")
    #expect(testCA.issuerName.contains("Accesspunkt"))
    #expect(testCA.publicKey.bits == 3072)
    let qaCA = try load("qa/Certifikatskedja-Accesspunkt/Accesspunkt-CA-SDK-QA.cer")
    let time = testCA.notAfter - 86_400
    #expect(throws: Never.self) { try store(testRoot).chain(of: testCA, presented: [], at: time) }
    for (root, authority) in [(qaRoot, testCA), (testRoot, qaCA)] {
      let problem = TrustProblem(reason: .unknownIssuer, subject: authority.subject)
      #expect(throws: problem) { try store(root).chain(of: authority, presented: [root], at: time) }
    }
    #expect(reason(try store(testRoot), authority: testCA) == .wrongUsage)
    let all = try FileManager.default.subpathsOfDirectory(
      atPath: CanonicalizationTests.shared.appending(path: "official/certs").path)
    for path in all where path.hasSuffix(".cer") || path.hasSuffix(".crt") { _ = try load(path) }
  }
}
