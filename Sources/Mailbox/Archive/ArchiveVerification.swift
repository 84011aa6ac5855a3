import Foundation
import SDKRelay
import XMLSecurity

/// What a look at an archive package has found.
public struct ArchiveReport: Hashable, Sendable {
  /// Something that is not as the package says.
  public struct Finding: Hashable, Sendable {
    /// The file, relative to the package's root folder.
    public let path: String
    public let reason: String
  }

  /// The package's id; nil where METS.xml cannot be read.
  public internal(set) var id: String?
  /// How many files have the size and digest that the package states.
  public internal(set) var files = 0
  public internal(set) var findings: [Finding] = []

  public var holds: Bool { findings.isEmpty }

  mutating func find(_ path: String, _ reason: String) {
    findings.append(Finding(path: path, reason: reason))
  }
}

/// Checks an archive package of E-ARK's form: every file against the METS files, and that no other is there.
///
/// METS.xml itself is vouched for by nobody: keep its SHA-256 elsewhere where that matters. The messages' signatures are
/// in their evidence files.
public struct ArchiveVerifier {
  private let source: any ArchiveSource
  private var report = ArchiveReport()
  private var listed: Set<String> = []

  /// - Parameter path: the package's root folder, or a zip file with it.
  /// - Throws: ``ArchiveProblem``, or what is wrong with the zip file.
  public static func verify(_ path: String) throws -> ArchiveReport {
    guard let information = FileInformation(path: path) else { throw ArchiveProblem.unreadable("there is no \(path)") }
    let source: any ArchiveSource = information.isFolder ? try FolderSource(URL(filePath: path)) : try ZipSource(path)
    var verifier = ArchiveVerifier(source: source)
    return try verifier.verify()
  }

  private init(source: any ArchiveSource) {
    self.source = source
  }

  private mutating func verify() throws -> ArchiveReport {
    // 1. The package's METS file, and those that it leads to.
    try follow(ArchiveLayout.mets)
    if let id = report.id, id != source.root { report.find(".", "the root folder is not called \(shown(id))") }
    // 2. No file that none of them lists.
    for path in source.files.subtracting(listed).sorted() where path != ArchiveLayout.mets {
      report.find(path, "no METS file lists it")
    }
    for path in source.others.sorted() { report.find(path, "is no file of bytes") }
    return report
  }

  private struct Listed {
    let path: String
    let size: String?
    let checksum: String?
    let type: String?
  }

  /// Reads a METS file and checks what it lists; a listed file called METS.xml is read in its turn.
  private mutating func follow(_ path: String) throws {
    guard source.files.contains(path) else { return report.find(path, "is missing") }
    let bytes = MemorySink(limit: Self.mostBytes)
    let document: XMLElement
    do {
      try source.read(path, into: bytes)
      document = try XMLElement.parse(bytes.bytes, limits: Self.limits)
    } catch {
      return report.find(path, error is ByteLimitExceeded ? "is too large for a METS file" : "\(error)")
    }
    guard document.name == XMLName(MetsDocument.namespace, "mets") else { return report.find(path, "is no METS file") }
    if path == ArchiveLayout.mets { report.id = document.attribute("OBJID") }
    let base = path.dropLast(ArchiveLayout.mets.count)
    for entry in Self.files(in: document) {
      guard let listed = Self.plain(base + entry.path) else {
        report.find(path, "lists a place outside the package: \(shown(entry.path))")
        continue
      }
      guard self.listed.insert(listed).inserted else { continue }
      try check(listed, entry)
      if listed.hasSuffix("/\(ArchiveLayout.mets)") { try follow(listed) }
    }
  }

  private mutating func check(_ path: String, _ entry: Listed) throws {
    guard source.files.contains(path) else { return report.find(path, "is missing") }
    guard let checksum = entry.checksum, entry.type == "SHA-256" else {
      return report.find(path, "has no SHA-256 in its METS file")
    }
    let digest = DigestSink(.sha256)
    let counted = CountingSink(next: digest)
    try source.read(path, into: counted)
    if entry.size != "\(counted.count)" { return report.find(path, "has another size than its METS file says") }
    guard Hexadecimal.encode(digest.digest()) == checksum.lowercased() else {
      return report.find(path, "is not what its METS file says")
    }
    report.files += 1
  }

  /// Everything that a METS file gives a place and a digest for.
  private static func files(in document: XMLElement) -> [Listed] {
    func name(_ local: String) -> XMLName { XMLName(MetsDocument.namespace, local) }
    func listed(_ place: XMLElement, _ properties: XMLElement) -> Listed {
      Listed(
        path: place.attribute("href", uri: MetsDocument.xlink) ?? "", size: properties.attribute("SIZE"),
        checksum: properties.attribute("CHECKSUM"), type: properties.attribute("CHECKSUMTYPE"))
    }
    let references =
      document.children(name("dmdSec")).flatMap { $0.children(name("mdRef")) }
      + document.children(name("amdSec")).flatMap { $0.elements.flatMap { $0.children(name("mdRef")) } }
    let files = document.children(name("fileSec")).flatMap { $0.children(name("fileGrp")) }
      .flatMap { $0.children(name("file")) }
    return references.map { listed($0, $0) }
      + files.flatMap { file in file.children(name("FLocat")).map { listed($0, file) } }
  }

  /// The path without an address's beginning; nil where it leads outside.
  private static func plain(_ path: String) -> String? {
    guard let decoded = path.removingPercentEncoding else { return nil }
    let words = decoded.split(separator: "/", omittingEmptySubsequences: false)
    let isPlain = words.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." } && !decoded.contains(":")
    return isPlain ? decoded : nil
  }

  private static let mostBytes = 64_000_000
  private static let limits = {
    var limits = XMLLimits(totalBytes: mostBytes)
    limits.elements = 1_000_000
    return limits
  }()
}
