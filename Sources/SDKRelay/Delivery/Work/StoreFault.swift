import Foundation
import GRDB
import XMLSecurity

/// What an error of the disk or the database means for the process.
enum StoreFault {
  /// A sync failed: the kernel may have dropped what was written. Only a restart tells what the disk holds (Q8).
  static func isFatal(_ error: any Error) -> Bool {
    switch error {
    case SpoolProblem.notDurable: true
    case let error as DatabaseError:
      [.SQLITE_IOERR_FSYNC, .SQLITE_IOERR_DIR_FSYNC, .SQLITE_CORRUPT].contains(error.extendedResultCode)
        || error.resultCode == .SQLITE_CORRUPT
    default: false
    }
  }

  /// The error for an operator. The statement that met it tells nobody but a programmer anything.
  static func words(_ error: any Error) -> String {
    guard let error = error as? DatabaseError else { return "\(error)" }
    return "the database: \(error.message ?? "\(error.resultCode)")"
  }

  /// Room or access is missing now and may come back.
  static func isTemporary(_ error: any Error) -> Bool {
    switch error {
    case SpoolProblem.full: true
    case SpoolProblem.unavailable(let code): [EMFILE, ENFILE, ENOMEM, EIO, EROFS, EAGAIN].contains(code)
    case let error as DatabaseError:
      [.SQLITE_FULL, .SQLITE_READONLY, .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_IOERR, .SQLITE_CANTOPEN, .SQLITE_NOMEM]
        .contains(error.resultCode) && !isFatal(error)
    default: false
    }
  }
}
