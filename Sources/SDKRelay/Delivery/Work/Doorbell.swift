import Dispatch
import Foundation
import Synchronization

/// Wakes the workers at once: those of this process by a call, those of another through a named pipe in the data folder.
///
/// Only for speed. Who does not hear it finds the work all the same, by looking (Dispatcher.swift).
final class Doorbell: Sendable {
  private let pipe: URL
  private let workers = Mutex<Workers?>(nil)

  private struct Workers {
    let wake: @Sendable () -> Void
    let pipe: (any DispatchSourceRead)?
  }

  init(_ pipe: URL) {
    self.pipe = pipe
  }

  func ring() {
    if let wake = workers.withLock({ $0?.wake }) { return wake() }
    guard let descriptor = Self.open(pipe) else { return }
    defer { close(descriptor) }
    var mark: UInt8 = 0
    _ = write(descriptor, &mark, 1)
  }

  /// Makes the action the answer to the bell until `disconnect`.
  func connect(_ wake: @escaping @Sendable () -> Void) {
    workers.withLock { $0 = Workers(wake: wake, pipe: Self.listen(to: pipe, wake)) }
  }

  func disconnect() {
    workers.withLock { workers in
      workers?.pipe?.cancel()
      workers = nil
    }
  }

  private static func listen(
    to pipe: URL, _ wake: @escaping @Sendable () -> Void
  ) -> (any DispatchSourceRead)? {
    guard mkfifo(pipe.path, 0o600) == 0 || errno == EEXIST else { return nil }
    guard let descriptor = open(pipe) else { return nil }
    let source = DispatchSource.makeReadSource(fileDescriptor: descriptor)
    source.setEventHandler {
      var marks = [UInt8](repeating: 0, count: 256)
      while read(descriptor, &marks, marks.count) > 0 {}
      wake()
    }
    source.setCancelHandler { close(descriptor) }
    source.resume()
    return source
  }

  /// Open both ways on either side: a pipe whose last writer has gone is always readable, and writing into one whose
  /// last reader has just gone ends the process. Nil for anything else that lies in its place, which would be always
  /// readable too, and is left as it is.
  private static func open(_ pipe: URL) -> Int32? {
    let descriptor = Foundation.open(pipe.path, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    var information = stat()
    guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFIFO else {
      close(descriptor)
      return nil
    }
    return descriptor
  }
}
