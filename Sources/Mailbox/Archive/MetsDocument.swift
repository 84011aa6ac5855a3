import Foundation
import SDKRelay
import XMLSecurity

/// A METS file of a package (E-ARK CSIP 2.1 and SIP 2.1): what there is, with sizes and digests.
///
/// Numbers such as CSIP36 are the requirements of those specifications. Their published rules (E-ARK validator 1.1) ask
/// for a content type on every file group, and for a division "Representations" beside one for each representation.
struct MetsDocument {

  /// Files under one heading.
  struct Group {
    /// As in `fileGrp/@USE`: `Documentation`, `Schemas`, `Representations/rep1` or `Data`.
    let use: String
    let id: String
    let files: [ArchivedFile]
  }

  /// The name of the folder that it lies in.
  let id: String
  let label: String
  let created: Date
  let submitter: ArchiveAgent
  let agreement: String?
  let descriptive: [ArchivedFile]
  let preservation: [ArchivedFile]
  let groups: [Group]
  /// Removed from the beginning of every path: the folder that the file lies in.
  let base: String

  static let namespace = "http://www.loc.gov/METS/"
  static let xlink = "http://www.w3.org/1999/xlink"
  static let csip = "https://DILCIS.eu/XML/METS/CSIPExtensionMETS"
  private static let profile = "https://earksip.dilcis.eu/profile/E-ARK-SIP.xml"
  private static let contentType = [
    ("csip:CONTENTINFORMATIONTYPE", "OTHER"), ("csip:OTHERCONTENTINFORMATIONTYPE", MessageRecord.namespace),
  ]

  func write(into sink: any ByteSink) throws {
    let attributes = [
      ("OBJID", id), ("LABEL", label), ("TYPE", "Other"), ("csip:OTHERTYPE", "Electronic messages"),
      ("PROFILE", Self.profile),
      (
        "xsi:schemaLocation",
        "\(Self.namespace) http://www.loc.gov/standards/mets/mets.xsd \(Self.xlink) "
          + "http://www.loc.gov/standards/mets/xlink.xsd \(Self.csip) "
          + "https://earkcsip.dilcis.eu/schema/DILCISExtensionMETS.xsd"
      ),
    ]
    try ArchiveXML.document(
      "mets:mets",
      namespaces: [
        ("csip", Self.csip), ("mets", Self.namespace), ("xlink", Self.xlink),
        ("xsi", "http://www.w3.org/2001/XMLSchema-instance"),
      ], attributes: attributes + Self.contentType, into: sink
    ) { xml in
      try header(xml)
      for (number, file) in descriptive.enumerated() { try self.descriptive(file, number + 1, xml) }
      if !preservation.isEmpty {
        try xml.nested("mets:amdSec") {
          for (number, file) in preservation.enumerated() { try self.preservation(file, number + 1, xml) }
        }
      }
      try files(xml)
      try structure(xml)
    }
  }

  // MARK: Header

  private func header(_ xml: ArchiveXML) throws {
    let time = UTCTimestamp.text(created)
    try xml.nested(
      "mets:metsHdr",
      [("CREATEDATE", time), ("LASTMODDATE", time), ("RECORDSTATUS", "NEW"), ("csip:OAISPACKAGETYPE", "SIP")]
    ) {
      // CSIP10 to CSIP16: the program. SIP9 to SIP20: who made the records, and who hands them over.
      try xml.nested("mets:agent", [("ROLE", "CREATOR"), ("TYPE", "OTHER"), ("OTHERTYPE", "SOFTWARE")]) {
        try xml.element("mets:name", Program.name)
        try xml.element("mets:note", Program.version, [("csip:NOTETYPE", "SOFTWARE VERSION")])
      }
      for role in ["ARCHIVIST", "CREATOR"] {
        try xml.nested("mets:agent", [("ROLE", role), ("TYPE", "ORGANIZATION")]) {
          try xml.element("mets:name", submitter.name)
          try xml.element("mets:note", submitter.id, [("csip:NOTETYPE", "IDENTIFICATIONCODE")])
        }
      }
      try xml.element("mets:altRecordID", agreement, [("TYPE", "SUBMISSIONAGREEMENT")])
    }
  }

  // MARK: Metadata

  private func descriptive(_ file: ArchivedFile, _ number: Int, _ xml: ArchiveXML) throws {
    let attributes = [("ID", "dmd-\(number)"), ("CREATED", UTCTimestamp.text(created)), ("STATUS", "CURRENT")]
    try xml.nested("mets:dmdSec", attributes) { try reference(file, "DC", "1.1", xml) }
  }

  private func preservation(_ file: ArchivedFile, _ number: Int, _ xml: ArchiveXML) throws {
    let attributes = [("ID", "digiprov-\(number)"), ("CREATED", UTCTimestamp.text(created)), ("STATUS", "CURRENT")]
    try xml.nested("mets:digiprovMD", attributes) { try reference(file, "PREMIS", "3.0", xml) }
  }

  private func reference(_ file: ArchivedFile, _ type: String, _ version: String, _ xml: ArchiveXML) throws {
    try xml.nested(
      "mets:mdRef", location(file.path) + [("MDTYPE", type), ("MDTYPEVERSION", version)] + properties(file))
  }

  // MARK: Files

  private func files(_ xml: ArchiveXML) throws {
    var number = 0
    try xml.nested("mets:fileSec", [("ID", "files")]) {
      for group in groups {
        try xml.nested("mets:fileGrp", [("ID", group.id), ("USE", group.use)] + Self.contentType) {
          for file in group.files {
            number += 1
            try xml.nested("mets:file", [("ID", "file-\(number)")] + properties(file)) {
              try xml.nested("mets:FLocat", location(file.path))
            }
          }
        }
      }
    }
  }

  private func properties(_ file: ArchivedFile) -> [(name: String, value: String?)] {
    [
      ("MIMETYPE", file.mediaType), ("SIZE", "\(file.size)"), ("CREATED", UTCTimestamp.text(created)),
      ("CHECKSUM", file.sha256), ("CHECKSUMTYPE", "SHA-256"),
    ]
  }

  private func location(_ path: String) -> [(name: String, value: String?)] {
    [("LOCTYPE", "URL"), ("xlink:type", "simple"), ("xlink:href", String(path.dropFirst(base.count)))]
  }

  // MARK: Structure

  private func structure(_ xml: ArchiveXML) throws {
    try xml.nested("mets:structMap", [("ID", "structure"), ("TYPE", "PHYSICAL"), ("LABEL", "CSIP")]) {
      try xml.nested("mets:div", [("ID", "div-root"), ("LABEL", id)]) {
        try xml.nested(
          "mets:div",
          [
            ("ID", "div-metadata"), ("LABEL", "Metadata"), ("ADMID", Self.ids("digiprov", preservation.count)),
            ("DMDID", Self.ids("dmd", descriptive.count)),
          ])
        for group in groups { try division(group, xml) }
      }
    }
  }

  private func division(_ group: Group, _ xml: ArchiveXML) throws {
    let isRepresentation = group.use.hasPrefix("Representations")
    try xml.nested(
      "mets:div", [("ID", "div-\(group.id)"), ("LABEL", isRepresentation ? "Representations" : group.use)]
    ) {
      try xml.nested("mets:fptr", [("FILEID", group.id)])
    }
    // CSIP105 to CSIP112.
    guard isRepresentation, let file = group.files.first else { return }
    try xml.nested("mets:div", [("ID", "div-\(group.id)-mets"), ("LABEL", group.use)]) {
      try xml.nested("mets:mptr", location(file.path) + [("xlink:title", group.id)])
    }
  }

  private static func ids(_ name: String, _ count: Int) -> String? {
    count == 0 ? nil : (1...count).map { "\(name)-\($0)" }.joined(separator: " ")
  }
}

/// Whose records they are.
struct ArchiveAgent: Hashable, Sendable {
  let id: String
  let name: String
}
