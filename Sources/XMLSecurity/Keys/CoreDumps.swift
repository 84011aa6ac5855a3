import COpenSSL
import Glibc

/// Copies of the process's memory, which holds private keys and messages in plain.
public enum CoreDumps {
  /// Sees to it that a crash writes no such copy, and that no other process of the same user reads the memory
  /// (threats.md W11).
  /// - Returns: false where the system did not let us.
  public static func turnOff() -> Bool {
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    // The limit does not hold for dumps that are piped to a program; that nothing may be dumped does.
    return setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none) == 0 && sdk_close_memory() == 0
  }
}
