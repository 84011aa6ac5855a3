import Glibc

/// The number of files and sockets that the process may have open.
enum DescriptorLimit {
  /// Raises the soft limit to the hard one, as far as the system lets us, and gives the result.
  static func raise() -> Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1_024 }
    if limit.rlim_cur < limit.rlim_max {
      var raised = rlimit(rlim_cur: limit.rlim_max, rlim_max: limit.rlim_max)
      if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
    }
    return Int(clamping: limit.rlim_cur)
  }

  /// How many connections to accept so that spool files, the store and our own sending find descriptors (Q12).
  static func connections(of limit: Int) -> Int {
    max(8, limit - max(32, limit / 4))
  }
}
