import Foundation
import Mailbox
import SDKRelay
import XMLSecurity

/// Looks for what settings files allow and yet will not work, or not for long.
struct SettingsReview {
  let settings: NodeSettings
  let directory: StaticDirectory
  let agreements: AgreementBook?
  let retention: RetentionRules?
  let now: Date

  /// One sentence each; empty when all is well.
  func remarks() throws -> [String] {
    try addressRemarks() + trustRemarks() + dateRemarks() + directoryRemarks()
      + agreementRemarks() + retentionRemarks() + auditRemarks()
  }

  /// The audit trail's key has to be where the settings say, and is better kept apart from what it vouches for.
  private func auditRemarks() -> [String] {
    let data = settings.data.standardizedFileURL.path + "/"
    let begun = FileManager.default.fileExists(atPath: data + "audit.head")
    let key = settings.auditKey?.path ?? data + "audit.key"
    var remarks: [String] = []
    if begun, !FileManager.default.fileExists(atPath: key) {
      remarks.append("the audit trail has begun, and its key is not at \(key): put it there")
    }
    if settings.auditKey != nil, key.hasPrefix(data) {
      remarks.append("audit.key lies in the data folder: whoever changes the one has the other")
    }
    if settings.auditKey != nil, FileManager.default.fileExists(atPath: data + "audit.key"), key != data + "audit.key" {
      remarks.append("an audit.key is still in the data folder, and is not used")
    }
    return remarks
  }

  private func addressRemarks() -> [String] {
    do {
      try ListenProblem.check(settings.server)
      return []
    } catch {
      return ["\(error)"]
    }
  }

  private var identities: [(String, Identity)] {
    var all = [("the access point's certificate", settings.accessPoint.identity)]
    for participant in settings.participants {
      all.append(("the signing certificate of \(participant.id.value)", participant.signing))
      all += participant.encryption.map { ("an encryption certificate of \(participant.id.value)", $0) }
    }
    return all
  }

  /// Our own certificates must be ones that peers with the same trust accept.
  private func trustRemarks() throws -> [String] {
    let accessPoints = try TrustStore(anchors: settings.accessPoint.trust.authorities)
    let organisations = try TrustStore(anchors: settings.envelopes.authorities)
    let checks =
      [("the access point's certificate", settings.accessPoint.identity, accessPoints)]
      + settings.participants.map { ("the signing certificate of \($0.id.value)", $0.signing, organisations) }
    return checks.compactMap { name, identity, trust in
      do {
        _ = try trust.verify(identity.certificate, presented: identity.chain, at: now, for: .digitalSignature)
        return nil
      } catch {
        return "\(name): \(error)"
      }
    }
  }

  /// Certificates that end within 60 days: a new one takes time to order and to publish.
  private func dateRemarks() -> [String] {
    let soon = now.addingTimeInterval(60 * 86_400)
    return identities.compactMap { name, identity in
      let end = identity.certificate.notAfter
      return end < soon && end > now ? "\(name) ends \(localTime(end))" : nil
    }
  }

  /// Agreements that nobody here has made, and mailboxes that could not be written from or to. Versions that have ended
  /// are history.
  private func agreementRemarks() -> [String] {
    let today = Day(containing: now)
    let current = agreements?.versions.filter { $0.validity.to.map { today <= $0 } ?? true } ?? []
    return current.flatMap { agreement -> [String] in
      let isOurs = agreement.parties.contains { settings.participant($0.participant) != nil }
      guard isOurs else { return ["the agreement \(agreement.reference) has no party that this node serves"] }
      return agreement.parties.flatMap { party in
        let published = (try? directory.organization(party.participant))?.mailboxes.map(\.address) ?? []
        return party.mailboxes.filter { !published.contains($0.address) }.map {
          "the agreement \(agreement.reference) has the mailbox \($0.address) of \(party.participant), and the directory has not"
        }
      }
    }
  }

  /// Rules that no message of this node could ever come under.
  private func retentionRemarks() -> [String] {
    (retention?.rules ?? []).compactMap { rule in
      settings.participant(rule.organisation) == nil
        ? "the rule of retention \(rule.id) is for \(rule.organisation.value), which this node does not serve" : nil
    }
  }

  /// What the directory publishes about our own organisations must be what the settings hold.
  private func directoryRemarks() throws -> [String] {
    try settings.participants.flatMap { participant -> [String] in
      let id = participant.id
      var remarks: [String] = []
      if try !directory.signingCertificates(of: id).contains(participant.signing.certificate) {
        remarks.append("the directory publishes another signing certificate for \(id.value)")
      }
      let destination = try directory.destination(of: id, for: "")
      if let published = destination.encryption.first,
        !participant.encryption.contains(where: { $0.certificate == published })
      {
        remarks.append("the directory publishes an encryption certificate for \(id.value) without a key here")
      }
      if destination.accessPoint != settings.accessPoint.identity.certificate {
        remarks.append("the directory publishes another access point certificate for \(id.value)")
      }
      return remarks
    }
  }
}
