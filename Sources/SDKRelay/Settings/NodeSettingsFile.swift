public import Foundation
import XMLSecurity

extension NodeSettings {
  /// Reads a node's settings file, whole or not at all: every problem names file, line, key and reason.
  public init(file: URL) throws(SettingsProblem) {
    try self.init(SettingsFile.open(file))
  }

  init(_ root: SettingsSection) throws(SettingsProblem) {
    try root.allow(
      "federation", "data", "directory", "agreements", "accessPoint", "server", "client", "envelopes", "participants",
      "delivery", "limits", "malware", "log", "service", "notifications", "retention", "retentionPlanLapse", "drafts",
      "operations", "audit", "storage", "bridge", "core")
    let words = Federation.allCases.map(\.rawValue).joined(separator: " or ")
    self.init(
      federation: try root.value("federation", expected: words) { Federation(rawValue: $0) },
      data: try root.path("data"),
      directoryFile: try root.file("directory"),
      accessPoint: try AccessPoint(root.section("accessPoint")),
      server: try AS4EndpointSettings(root.section("server")),
      client: try AS4ClientSettings(root.section("client")),
      envelopes: try Self.envelopes(root.section("envelopes")),
      participants: try Self.participants(root),
      storage: try StorageKeys(in: root))
    agreements = try root.optionalPath("agreements")
    retention = try root.optionalPath("retention")
    retentionPlanLapse = try root.duration(
      "retentionPlanLapse", default: retentionPlanLapse, in: .seconds(3_600) ... .seconds(366 * 86_400))
    if let section = try root.optionalSection("delivery") { delivery = try Delivery(section) }
    if let section = try root.optionalSection("limits") { limits = try Limits(section) }
    if let section = try root.optionalSection("drafts") { drafts = try Drafts(section) }
    if let section = try root.optionalSection("malware") { malware = try MalwareSettings(section) }
    server.maximumBody = limits.envelope
    client.connectionsPerPeer = delivery.perDestination
    if let section = try root.optionalSection("log") {
      try section.allow("level", "format")
      logLevel = try section.choice("level", default: logLevel)
      logFormat = try section.choice("format", default: logFormat)
    }
    if let section = try root.optionalSection("audit") {
      try section.allow("key")
      auditKey = try section.newSecretFile("key")
    }
  }

  private static func envelopes(_ section: SettingsSection) throws(SettingsProblem) -> Trust {
    try section.allow("trust", "revocationLists")
    return try Trust(section)
  }

  private static func participants(_ root: SettingsSection) throws(SettingsProblem) -> [Participant] {
    var participants: [Participant] = []
    for section in try root.sections("participants") {
      let participant = try Participant(section)
      guard !participants.contains(where: { $0.id == participant.id }) else {
        throw section.problem("id", "the same participant twice")
      }
      participants.append(participant)
    }
    guard !participants.isEmpty else { throw root.problem("participants", "must name at least one organisation") }
    return participants
  }
}

extension NodeSettings.Trust {
  init(_ section: SettingsSection) throws(SettingsProblem) {
    var lists: [NodeSettings.RevocationListFile] = []
    for url in try section.files("revocationLists") {
      guard let bytes = try? [UInt8](Data(contentsOf: url)) else {
        throw section.problem("revocationLists", "cannot be read: \(url.path)")
      }
      guard (try? RevocationList(bytes)) != nil else {
        throw section.problem("revocationLists", "holds no revocation list: \(url.path)")
      }
      lists.append(NodeSettings.RevocationListFile(url: url, bytes: bytes))
    }
    self.init(authorities: try section.trustedCertificates("trust"), revocationLists: lists)
  }
}

extension NodeSettings.AccessPoint {
  init(_ section: SettingsSection) throws(SettingsProblem) {
    try section.allow(
      "certificate", "key", "trust", "revocationLists", "signingKeyReference", "encryptionKeyReference", "compress")
    self.init(identity: try section.identity(), trust: try NodeSettings.Trust(section))
    guard identity.certificate.commonName != nil else {
      throw section.problem("certificate", "must have exactly one common name: it is the party id")
    }
    signingKeyReference = try section.choice("signingKeyReference", default: signingKeyReference)
    encryptionKeyReference = try section.choice("encryptionKeyReference", default: encryptionKeyReference)
    compress = try section.bool("compress", default: compress)
  }
}

extension NodeSettings.Participant {
  init(_ section: SettingsSection) throws(SettingsProblem) {
    try section.allow("id", "label", "signing", "encryption", "fileTypes")
    let id = try section.value("id", expected: "a participant id such as 0203:kommun.example.se") {
      try ParticipantID($0)
    }
    var encryption: [Identity] = []
    for entry in try section.sections("encryption") { encryption.append(try entry.keyPair()) }
    guard !encryption.isEmpty else { throw section.problem("encryption", "must name at least one key") }
    self.init(
      id: id, label: try section.label("label"), signing: try section.section("signing").keyPair(),
      encryption: encryption)
    fileTypes = try section.strings("fileTypes", default: fileTypes)
    guard fileTypes.contains(where: { $0.lowercased() == "application/pdf" }) else {
      throw section.problem("fileTypes", "application/pdf is mandatory for every participant")
    }
  }
}

extension NodeSettings.Delivery {
  init(_ section: SettingsSection) throws(SettingsProblem) {
    self.init()
    try section.allow(
      "retries", "retryPeriod", "receiptAlarm", "receiptTimeout", "perDestination", "duplicateWindow")
    retry = RetrySchedule(
      retries: try section.int("retries", default: retry.retries, in: 0...20),
      period: try section.duration("retryPeriod", default: retry.period, in: .milliseconds(1) ... .seconds(86_400)))
    receipt = ReceiptClock(
      alarmAfter: try section.duration("receiptAlarm", default: receipt.alarmAfter),
      timeout: try section.duration(
        "receiptTimeout", default: receipt.timeout, in: .milliseconds(1) ... .seconds(31 * 86_400)))
    perDestination = try section.int("perDestination", default: perDestination, in: 1...8)
    duplicateWindow = try section.duration("duplicateWindow", default: duplicateWindow)
  }
}

extension NodeSettings.Limits {
  init(_ section: SettingsSection) throws(SettingsProblem) {
    self.init()
    try section.allow("outgoing", "incoming", "envelope", "reserve")
    outgoing = try section.bytes("outgoing", default: outgoing)
    incoming = try section.bytes("incoming", default: incoming)
    envelope = try section.bytes("envelope", default: envelope)
    reserve = try section.bytes("reserve", default: reserve, in: 0...Int.max)
  }
}

extension NodeSettings.Drafts {
  init(_ section: SettingsSection) throws(SettingsProblem) {
    self.init()
    try section.allow("perMailbox", "size", "recipients", "forgottenAfter")
    perMailbox = try section.int("perMailbox", default: perMailbox, in: 1...100_000)
    size = try section.bytes("size", default: size)
    recipients = try section.int("recipients", default: recipients, in: 1...1_000)
    forgottenAfter = try section.duration("forgottenAfter", default: forgottenAfter)
  }
}
