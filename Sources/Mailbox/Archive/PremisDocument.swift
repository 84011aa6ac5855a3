import Foundation
import SDKRelay
import XMLSecurity

/// `premis.xml`: the digest of every file of the representation, the message it belongs to, and what happened to each
/// message (PREMIS 3.0).
struct PremisDocument {
  /// The files of one message.
  struct Entry {
    let archived: ArchivedMessage
    let files: [ArchivedFile]
    /// The sender's names, by the path in the package.
    let originalNames: [String: String]
  }

  let package: String
  let entries: [Entry]
  let submitter: ArchiveAgent
  let created: Date
  static let namespace = "http://www.loc.gov/premis/v3"

  func write(into sink: any ByteSink) throws {
    try ArchiveXML.document(
      "premis:premis",
      namespaces: [("premis", Self.namespace), ("xsi", "http://www.w3.org/2001/XMLSchema-instance")],
      attributes: [("version", "3.0")], into: sink
    ) { xml in
      for entry in entries {
        try xml.nested("premis:object", [("xsi:type", "premis:intellectualEntity")]) {
          try identifier("object", Self.entity(entry.archived.message), xml)
        }
        for file in entry.files { try object(file, of: entry, xml) }
      }
      for entry in entries {
        for event in entry.archived.events { try self.event(event, of: entry.archived.message, xml) }
      }
      try export(xml)
      try agents(xml)
    }
  }

  // MARK: Objects

  private func object(_ file: ArchivedFile, of entry: Entry, _ xml: ArchiveXML) throws {
    try xml.nested("premis:object", [("xsi:type", "premis:file")]) {
      try identifier("object", file.path, xml)
      try xml.nested("premis:objectCharacteristics") {
        try xml.nested("premis:fixity") {
          try xml.element("premis:messageDigestAlgorithm", "SHA-256")
          try xml.element("premis:messageDigest", file.sha256)
        }
        try xml.element("premis:size", "\(file.size)")
        try xml.nested("premis:format") {
          try xml.nested("premis:formatDesignation") { try xml.element("premis:formatName", file.mediaType) }
        }
      }
      try xml.element("premis:originalName", entry.originalNames[file.path])
      try xml.nested("premis:relationship") {
        try xml.element("premis:relationshipType", "structural")
        try xml.element("premis:relationshipSubType", "is Part Of")
        try identifier("relatedObject", Self.entity(entry.archived.message), xml)
      }
    }
  }

  // MARK: Events

  private func event(_ event: RelayEvent, of message: StoredMessage, _ xml: ArchiveXML) throws {
    guard let status = event.status else { return }
    try self.event(
      "event \(event.number)", Self.type(status), event.time, "\(status.rawValue): \(event.text)", xml
    ) {
      try identifier("linkingObject", Self.entity(message), xml)
    }
  }

  private func export(_ xml: ArchiveXML) throws {
    let detail = "\(entries.count) message\(entries.count == 1 ? "" : "s") exported as the package \(package)"
    try event("export \(package)", "packaging", created, detail, xml) {
      for entry in entries { try identifier("linkingObject", Self.entity(entry.archived.message), xml) }
    }
  }

  private func event(
    _ id: String, _ type: String, _ time: Date, _ detail: String, _ xml: ArchiveXML, _ objects: () throws -> Void
  ) throws {
    try xml.nested("premis:event") {
      try identifier("event", id, xml)
      try xml.element("premis:eventType", type)
      try xml.element("premis:eventDateTime", UTCTimestamp.text(time))
      try xml.nested("premis:eventDetailInformation") { try xml.element("premis:eventDetail", detail) }
      try identifier("linkingAgent", Program.name, xml)
      try objects()
    }
  }

  /// What a status means, in words that an archive knows.
  private static func type(_ status: MessageStatus) -> String {
    switch status {
    case .scheduled: "submission"
    case .submitted, .scheduledForResend: "dispatch"
    case .acknowledged: "transport receipt"
    case .waitingForReceipt: "waiting for message receipt"
    case .accepted, .rejected: "message receipt"
    case .retrieved: "reception"
    case .receiptSent: "message receipt sent"
    case .new: "delivery"
    case .messageExchangeError: "failure of the exchange"
    }
  }

  // MARK: Agents

  private func agents(_ xml: ArchiveXML) throws {
    try xml.nested("premis:agent") {
      try identifier("agent", Program.name, xml)
      try xml.element("premis:agentName", Program.name)
      try xml.element("premis:agentType", "software")
      try xml.element("premis:agentVersion", Program.version)
    }
    try xml.nested("premis:agent") {
      try identifier("agent", submitter.id, xml)
      try xml.element("premis:agentName", submitter.name)
      try xml.element("premis:agentType", "organization")
    }
  }

  private func identifier(_ kind: String, _ value: String, _ xml: ArchiveXML) throws {
    try xml.nested("premis:\(kind)Identifier") {
      try xml.element("premis:\(kind)IdentifierType", "local")
      try xml.element("premis:\(kind)IdentifierValue", value)
    }
  }

  /// The same message may be there twice, as sent and as received.
  private static func entity(_ message: StoredMessage) -> String { "\(message.direction.rawValue) \(message.id.value)" }
}
