public import Foundation
import SDKRelay
import XMLSecurity

/// A complete federation in a folder: authorities, a shared directory and two nodes with keys and settings, so that
/// `sdkrelay serve --config DIR/node-a/node.yaml` works at once.
///
/// ```
/// DIR/directory.yaml        both organisations, as the nodes read it
/// DIR/published/            the certificates that the directory names
/// DIR/ca/                   the authorities' certificates and keys
/// DIR/node-a/node.yaml      the municipality's node; keys/, trust/ and data/ beside it
/// DIR/node-b/node.yaml      the employment office's node
/// ```
public struct TestFederation: Sendable {
  /// One node of the federation.
  public struct Node: Sendable {
    /// The one organisation that it serves.
    public let organisation: TestOrganisation
    /// Holds its settings, keys, trust and data.
    public let folder: URL
    /// The port on 127.0.0.1 where the node will listen.
    public let port: Int
    /// The common name of its access point's certificate.
    public let accessPoint: String

    /// Its settings file.
    public var settings: URL { folder.appending(path: "node.yaml") }
    /// Where it keeps its data.
    public var data: URL { folder.appending(path: "data") }
    /// Its access point's address.
    public var url: String { "https://localhost:\(port)/as4" }
  }

  /// What differs between a demo and a test.
  public struct Options: Sendable {
    /// The federation's own unless a test needs many keys quickly.
    public var keySizes = TestAuthorities.KeySizes.federation
    /// Further lines of every node's settings, as they stand in the file.
    public var furtherSettings = ""

    /// What a demo has.
    public init() {}
  }

  /// Holds everything.
  public let folder: URL
  /// The municipality's node, then the employment office's.
  public let nodes: [Node]

  /// The municipality's node.
  public var nodeA: Node { nodes[0] }
  /// The employment office's node.
  public var nodeB: Node { nodes[1] }

  /// Makes everything. The folder is created where it is missing and must not hold a federation already.
  /// - Parameter progress: told, from any thread, how many percent of the keys are made: nearly all the time goes there.
  /// - Throws: ``TestbedProblem`` with a sentence; errors of keys.
  public static func create(
    in folder: URL, options: Options = Options(), progress: @Sendable (Int) -> Void = { _ in }
  ) throws -> TestFederation {
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder), !isFolder.boolValue {
      throw TestbedProblem("\(folder.path) is no folder")
    }
    let directory = folder.appending(path: "directory.yaml")
    guard !FileManager.default.fileExists(atPath: directory.path) else {
      throw TestbedProblem("\(folder.path) holds a test federation already")
    }
    let ports = try freePorts(2)
    let nodes = organisations.indices.map { node($0, in: folder, port: ports[$0]) }
    let federation = TestFederation(folder: folder, nodes: nodes)
    try federation.write(options, progress)
    return federation
  }

  /// A federation made before; nil when there is none in the folder.
  public static func load(from folder: URL) -> TestFederation? {
    let nodes = organisations.indices.compactMap { index -> Node? in
      let settings = node(index, in: folder, port: 0).settings
      guard let section = try? SettingsFile.open(settings), let server = try? section.section("server"),
        let port = try? server.int("port", default: 0, in: 1...65_535)
      else { return nil }
      return node(index, in: folder, port: port)
    }
    return nodes.count == organisations.count ? TestFederation(folder: folder, nodes: nodes) : nil
  }

  private static let organisations = [TestOrganisation.adultEducation, .employmentOffice]

  private static func node(_ index: Int, in folder: URL, port: Int) -> Node {
    Node(
      organisation: organisations[index], folder: folder.appending(path: "node-\(["a", "b"][index])"), port: port,
      accessPoint: "AP900\(index + 1)-TEST")
  }

  private func write(_ options: Options, _ progress: @Sendable (Int) -> Void) throws {
    let counts = [TestAuthorities.keySizes(options.keySizes)] + nodes.map { NodeKeys.keySizes($0, options.keySizes) }
    var pool = try makeKeys(Array(counts.joined()), progress: progress)[...]
    func take(_ count: Int) -> [PrivateKey] {
      defer { pool = pool.dropFirst(count) }
      return Array(pool.prefix(count))
    }
    let authorities = try TestAuthorities(label: "SDK-RELAY-TEST", keys: take(counts[0].count))
    let keys = try nodes.indices.map { index in
      try NodeKeys(node: nodes[index], authorities: authorities, keys: take(counts[index + 1].count))
    }
    try AuthorityFiles.write(authorities, to: folder.appending(path: "ca"))
    for (node, keys) in zip(nodes, keys) {
      try NodeFiles(node: node, keys: keys, authorities: authorities).write(furtherSettings: options.furtherSettings)
      try PublishedFiles.write(keys, of: node, to: folder.appending(path: "published"))
    }
    // Written last: where it stands, everything else does.
    try writeFile(DirectoryFile.text(nodes), to: folder.appending(path: "directory.yaml"))
  }
}
