import Foundation
import Synchronization
import Testbed

/// One federation with small keys for all tests that run no nodes on it, made when the first asks.
enum SharedFederation {
  private static let made = Mutex<(TemporaryFolder, TestFederation)?>(nil)

  static func make() throws -> TestFederation {
    try made.withLock { made in
      if let (_, federation) = made { return federation }
      let folder = try TemporaryFolder()
      var options = TestFederation.Options()
      options.keySizes = .quick
      let federation = try TestFederation.create(in: folder.url, options: options)
      made = (folder, federation)
      // Nobody releases a static: the folder goes when the tests end.
      atexit { SharedFederation.made.withLock { $0 = nil } }
      return federation
    }
  }
}
