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
    // Without a reader there is nobody to wake, and opening fails at once.
    let descriptor = open(pipe.path, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    // A pipe has no position; a file that lies in its place is left as it is.
    guard lseek(descriptor, 0, SEEK_CUR) < 0 else { return }
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
    // Open for writing too: a pipe whose last writer has gone is always readable.
    let descriptor = open(pipe.path, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
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
}
