import Hummingbird
import Logging
import NIOCore

/// What a request comes with: its connection, so that a reader who takes nothing can be let go.
struct ServiceContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// Nil for a request that did not come by a connection.
  let channel: (any Channel)?

  init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    channel = source.channel
  }

  init(logger: Logger) {
    coreContext = CoreRequestContextStorage(source: WithoutConnection(logger: logger))
    channel = nil
  }

  private struct WithoutConnection: RequestContextSource {
    let logger: Logger
  }
}
