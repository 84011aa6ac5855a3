import Foundation
import Logging
import Synchronization
import Testbed

@testable import Mailbox
@testable import SDKRelay

/// A node of its own for a test, with the keys that all of them share.
final class AdministrationKit: Sendable {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "service-\(UUID().uuidString)")

  deinit {
    try? FileManager.default.removeItem(at: folder)
  }

  /// - Parameter agreements: the text of the one agreement; without it the node has none.
  func service(
    agreements: String? = nil, notifications: NotificationSettings? = nil,
    change: (inout NodeSettings) throws -> Void = { _ in }
  ) throws -> MailboxService {
    var settings = try Self.settings()
    settings.data = folder
    if let agreements {
      try agree(agreements)
      settings.agreements = agreementFolder
    }
    try change(&settings)
    return try MailboxService.open(
      settings, notifications: notifications, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  private var agreementFolder: URL { folder.appending(path: "agreements") }

  func agree(_ text: String) throws {
    try FileManager.default.createDirectory(at: agreementFolder, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: agreementFolder.appending(path: "one.yaml"), options: .atomic)
  }

  func user(_ name: String) throws -> Grant.Holder { .user(try UserID(name)) }

  private static let made = Mutex<(folder: URL, settings: NodeSettings)?>(nil)

  private static func settings() throws -> NodeSettings {
    try made.withLock { made in
      if let made { return made.settings }
      let folder = FileManager.default.temporaryDirectory.appending(path: "federation-\(UUID().uuidString)")
      var options = TestFederation.Options()
      options.keySizes = .quick
      let federation = try TestFederation.create(in: folder, options: options)
      let settings = try NodeSettings(file: federation.nodeA.settings)
      made = (folder, settings)
      // Nobody releases a static: the folder goes when the tests end.
      atexit {
        AdministrationKit.made.withLock { if let made = $0 { try? FileManager.default.removeItem(at: made.folder) } }
      }
      return settings
    }
  }
}

extension StorageKeys {
  /// What tests keep their messages with.
  static let test = StorageKeys.temporary()
}

extension Store {
  convenience init(folder: URL, inbox: (any Inbox)? = nil) throws(StoreProblem) {
    try self.init(folder: folder, keys: .test, inbox: inbox)
  }
}
