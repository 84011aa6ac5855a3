import Hummingbird

/// One operation of the node's own interface: what it is called, what it takes and answers, and what does it. The
/// router finds it and the description is written from the same table (``RouteTable``).
struct Route: Sendable {
  let method: HTTPRequest.Method
  /// Below the interface's address; `{name}` is a parameter of ``PathParameter``.
  let path: [String]
  let operation: String
  let summary: String
  let query: [Schema.Property]
  let body: Schema?
  let answer: Answer
  /// Statuses besides 400, 401, 429 and 503, which any may have.
  let problems: [Int]
  let work: @Sendable (Asked) async throws -> Response

  /// What a request that is granted gets.
  enum Answer: Sendable {
    case json(Schema)
    /// Nothing but the status 204.
    case nothing
    /// Bytes of this media type, in streams; nil for the type that the message names.
    case bytes(String?)
  }

  init(
    _ method: HTTPRequest.Method, _ path: String, _ operation: String, _ summary: String,
    query: [Schema.Property] = [], body: Schema? = nil, answer: Answer, problems: [Int] = [],
    work: @escaping @Sendable (Asked) async throws -> Response
  ) {
    self.method = method
    self.path = path.split(separator: "/").map(String.init)
    self.operation = operation
    self.summary = summary
    self.query = query
    self.body = body
    self.answer = answer
    self.problems = problems
    self.work = work
  }

  /// The path's parameters by name; nil where it is another path.
  func match(_ path: [String]) -> [String: String]? {
    guard path.count == self.path.count else { return nil }
    var parameters: [String: String] = [:]
    for (part, text) in zip(self.path, path) {
      if part.hasPrefix("{") {
        guard !text.isEmpty else { return nil }
        parameters[String(part.dropFirst().dropLast())] = text
      } else if part != text {
        return nil
      }
    }
    return parameters
  }
}

/// What `{name}` in a path may be. What does not fit is answered as what is not there.
enum PathParameter: String, CaseIterable {
  case id
  case number

  var schema: Schema {
    switch self {
    case .id: .id
    case .number: .integer(from: 1, to: 1_000_000_000_000)
    }
  }

  var note: String {
    switch self {
    case .id: "The id of the message, of the conversation or of the case."
    case .number: "The attachment's number in the message, from 1, or the grant's."
    }
  }
}
