import Foundation
import SDKRelay
import XMLSecurity

/// A package that somebody handed over, as a folder or a zip file. Nothing of it becomes a path outside.
protocol ArchiveSource {
  /// The root folder's name.
  var root: String { get }
  /// Every file, relative to the root folder.
  var files: Set<String> { get }
  /// What is there and is no file of bytes, relative to the root folder.
  var others: [String] { get }
  /// Streams a file of the list into the sink.
  func read(_ path: String, into sink: any ByteSink) throws
}

struct FolderSource: ArchiveSource {
  let root: String
  private(set) var files: Set<String> = []
  private(set) var others: [String] = []
  private let folder: URL

  init(_ folder: URL) throws {
    self.folder = folder.standardizedFileURL
    root = self.folder.lastPathComponent
    let paths: [String]
    do {
      paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    } catch {
      throw ArchiveProblem.unreadable("\(folder.path) cannot be read")
    }
    for path in paths {
      // The link itself, not what it leads to.
      let kind = try FileManager.default.attributesOfItem(atPath: self.folder.appending(path: path).path)[.type]
      switch kind as? FileAttributeType {
      case .typeDirectory?: continue
      case .typeRegular?: files.insert(path)
      default: others.append(path)
      }
    }
  }

  func read(_ path: String, into sink: any ByteSink) throws {
    try readFile(folder.appending(path: path, directoryHint: .notDirectory), into: sink)
  }
}

struct ZipSource: ArchiveSource {
  let root: String
  let files: Set<String>
  let others: [String] = []
  private let zip: ZipReader
  private let entries: [String: ZipReader.Entry]

  init(_ path: String) throws {
    zip = try ZipReader(path, maximumEntries: ArchiveLayout.mostFiles)
    if zip.entries.contains(where: { $0.name.hasPrefix("META-INF/ASiCManifest") }) {
      throw ArchiveProblem.unreadable("\(path) is an evidence file and no package: sdkrelay evidence verify is for it")
    }
    let roots = Set(zip.entries.map { $0.name.split(separator: "/").first.map(String.init) ?? "" })
    guard roots.count == 1, let root = roots.first, zip.entries.allSatisfy({ $0.name.contains("/") }) else {
      throw ArchiveProblem.unreadable("\(path) does not unpack to one folder")
    }
    self.root = root
    entries = Dictionary(
      zip.entries.map { (String($0.name.dropFirst(root.count + 1)), $0) }, uniquingKeysWith: { first, _ in first })
    files = Set(entries.keys)
  }

  func read(_ path: String, into sink: any ByteSink) throws {
    guard let entry = entries[path] else { throw ArchiveProblem.unreadable("there is no \(shown(path))") }
    try zip.read(entry, into: sink)
  }
}
