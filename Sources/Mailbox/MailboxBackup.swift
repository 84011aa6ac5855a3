public import Foundation
public import SDKRelay

extension MailboxService {
  /// Takes a backup while the node may be running. The audit trail's key and end come before the database, so that the
  /// end is never beyond the trail. An audit key that lies elsewhere than in the data folder is not part of the backup.
  /// - Parameter keys: the file that the data keys of messages go into, instead of into the backup; it is replaced.
  public func backUp(into folder: URL, keys: URL? = nil) throws -> BackupSummary {
    let key = relay.settings.auditKey == nil ? ["audit.key"] : []
    return try relay.backUp(into: folder, first: key + ["audit.head"], keys: keys)
  }
}
