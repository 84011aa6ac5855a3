public import Foundation
public import XMLSecurity

/// A directory in a YAML file (config/directory.yaml describes it), read once.
///
/// A certificate file may hold several certificates: for encryption the first is used, for verifying each is accepted.
public struct StaticDirectory: Directory {
  private let entries: [ParticipantID: Entry]
  private let order: [ParticipantID]

  private struct Entry: Sendable {
    let organization: Organization
    let destination: Destination
    let signing: [Certificate]
  }

  /// Reads the file, whole or not at all.
  public init(file: URL) throws(SettingsProblem) {
    try self.init(SettingsFile.open(file))
  }

  init(_ root: SettingsSection) throws(SettingsProblem) {
    try root.allow("participants")
    var entries: [ParticipantID: Entry] = [:]
    var order: [ParticipantID] = []
    for section in try root.sections("participants") {
      try section.allow(
        "id", "label", "url", "accessPointCertificate", "signingCertificate", "encryptionCertificate", "mailboxes")
      let id = try section.value("id", expected: "a participant id such as 0203:kommun.example.se") {
        try ParticipantID($0)
      }
      guard entries[id] == nil else { throw section.problem("id", "the same participant twice") }
      entries[id] = try Self.entry(id, section)
      order.append(id)
    }
    self.entries = entries
    self.order = order
  }

  private static func entry(_ id: ParticipantID, _ section: SettingsSection) throws(SettingsProblem) -> Entry {
    let url = try section.value("url", expected: "an address such as https://ap.example.se/as4") { text -> URL? in
      let url = URL(string: text)
      guard let host = url?.host, !host.isEmpty, url?.user == nil else { return nil }
      // Plain HTTP on this very machine is for tests; the client's own settings must allow it too.
      return url?.scheme == "https" || AS4EndpointSettings.isLoopback(host) ? url : nil
    }
    let destination = Destination(
      url: url, accessPoint: try section.certificate("accessPointCertificate"),
      encryption: try section.certificates("encryptionCertificate"))
    guard destination.accessPoint.commonName != nil else {
      throw section.problem("accessPointCertificate", "the certificate must have exactly one common name")
    }
    return Entry(
      organization: Organization(
        id: id, label: try section.label("label"), mailboxes: try mailboxes(section)),
      destination: destination, signing: try section.certificates("signingCertificate"))
  }

  private static func mailboxes(_ section: SettingsSection) throws(SettingsProblem) -> [FunctionalMailbox] {
    var mailboxes: [FunctionalMailbox] = []
    for box in try section.sections("mailboxes") {
      try box.allow("address", "label")
      let address = try box.value("address", expected: "a functional address of 1 to 256 characters") {
        try FunctionalAddress($0)
      }
      guard !mailboxes.contains(where: { $0.address == address }) else {
        throw box.problem("address", "the same mailbox twice")
      }
      mailboxes.append(FunctionalMailbox(address: address, label: try box.label("label")))
    }
    return mailboxes
  }

  // MARK: Directory

  public func destination(
    of participant: ParticipantID, for documentType: String
  ) throws(DirectoryProblem) -> Destination {
    try entry(participant).destination
  }

  public func signingCertificates(of participant: ParticipantID) throws(DirectoryProblem) -> [Certificate] {
    try entry(participant).signing
  }

  public func organization(_ participant: ParticipantID) throws(DirectoryProblem) -> Organization {
    try entry(participant).organization
  }

  public func organizations() -> [Organization] { order.compactMap { entries[$0]?.organization } }

  public func accessPointCertificates() -> [Certificate] {
    var seen: Set<Certificate> = []
    return order.compactMap { entries[$0]?.destination.accessPoint }.filter { seen.insert($0).inserted }
  }

  private func entry(_ participant: ParticipantID) throws(DirectoryProblem) -> Entry {
    guard let entry = entries[participant] else { throw .unknown(participant) }
    return entry
  }
}
