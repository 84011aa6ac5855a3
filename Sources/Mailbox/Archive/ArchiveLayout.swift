import Foundation
public import SDKRelay

/// What lies where in an archive package: an E-ARK SIP 2.1 after CSIP 2.1, which is what FGS Paketstruktur 2.0 asks for.
///
/// ```
/// ID/METS.xml                                   what there is, with the SHA-256 of every file but itself
/// ID/metadata/descriptive/dc.xml                what it is about, in Dublin Core
/// ID/metadata/preservation/premis.xml           every file's digest, and what happened to each message (PREMIS 3)
/// ID/documentation/readme.txt                   for people, in English and Swedish
/// ID/schemas/record.xsd                         what a record.xml is
/// ID/representations/rep1/METS.xml              the same for the representation
/// ID/representations/rep1/data/0001/message.html   the message, readable in any browser
/// ID/representations/rep1/data/0001/record.xml  the same for machines, with its register facts
/// ID/representations/rep1/data/0001/attachments/01-plan.pdf   an attachment as it was sent
/// ID/representations/rep1/data/0001/evidence.asice  the signed originals and receipts (BundleLayout.swift)
/// ```
/// One numbered folder a message, oldest first. ID is `uuid-` and a UUID. Names are made here of plain letters; the
/// senders' own names stand in the records.
enum ArchiveLayout {
  static let mets = "METS.xml"
  static let descriptive = "metadata/descriptive/dc.xml"
  static let preservation = "metadata/preservation/premis.xml"
  static let readme = "documentation/readme.txt"
  static let schema = "schemas/record.xsd"
  static let representation = "rep1"
  static let representationFolder = "representations/\(representation)"
  static let evidenceType = BundleLayout.mediaType
  /// The most messages that one package takes.
  static let mostMessages = 1_000
  /// The most files that a zip file with a package has.
  static let mostFiles = 65_000

  /// The folder of a message in the representation; numbers begin at 1.
  static func folder(_ number: Int) -> String {
    let digits = "\(number)"
    return "data/" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  /// A name of plain letters for the attachment with the number, which keeps what it can of the sender's.
  static func attachment(_ number: Int, _ name: String) -> String {
    let digits = number < 10 ? "0\(number)" : "\(number)"
    let dot = name.lastIndex(of: ".")
    let ending = dot.map { name[name.index(after: $0)...] } ?? ""
    let isKind = (1...8).contains(ending.utf8.count) && ending.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
    let stem = plain(isKind ? name[..<(dot ?? name.endIndex)] : name[...], limit: 24)
    return "attachments/" + digits + (stem.isEmpty ? "" : "-\(stem)") + (isKind ? ".\(ending)" : "")
  }

  /// Letters lose what ASCII has not, such as their dots; other characters become one hyphen.
  private static func plain(_ text: Substring, limit: Int) -> String {
    var plain = ""
    for scalar in String(text).decomposedStringWithCanonicalMapping.unicodeScalars {
      if scalar.properties.generalCategory == .nonspacingMark { continue }
      let isPlain = scalar.isASCII && scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
      if isPlain { plain.unicodeScalars.append(scalar) } else if !plain.hasSuffix("-") { plain += "-" }
    }
    return String(plain.trimmingCharacters(in: CharacterSet(charactersIn: "-")).prefix(limit))
  }
}

/// A file in a package, as it was written.
struct ArchivedFile: Hashable, Sendable {
  /// Relative to the package's root folder.
  let path: String
  let mediaType: String
  /// In bytes.
  let size: Int
  /// In lower-case hexadecimal.
  let sha256: String
}

/// Why there is no archive package.
public enum ArchiveProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// Nothing was chosen.
  case nothing
  case tooMany(Int)
  /// A package has one archival creator.
  case severalOrganisations
  case exists(String)
  /// What a zip file holds; a folder has no such limit.
  case tooLarge
  /// What lies on the disk is not the attachment that was stored.
  case attachmentChanged(MessageID)
  case unreadable(String)

  public var description: String {
    switch self {
    case .nothing: "no message was chosen"
    case .tooMany(let count):
      "\(count) messages are too many for one package, which takes \(ArchiveLayout.mostMessages)"
    case .severalOrganisations: "the messages belong to several organisations: make a package of each one's"
    case .exists(let path): "\(path) already exists"
    case .tooLarge: "the package is too large for a zip file; give a folder instead"
    case .attachmentChanged(let id): "an attachment of the message \(id.value) is not what was stored: restore a backup"
    case .unreadable(let reason): reason
    }
  }
}
