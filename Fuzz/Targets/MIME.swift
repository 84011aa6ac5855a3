import XMLSecurity

@testable import SDKRelay

/// A multipart body means the same however it arrives. The boundary is `b`.
@Sendable func fuzzMIME(_ input: [UInt8]) throws {
  let whole = parts(input, chunk: max(1, input.count))
  for chunk in [1, 3, 64] {
    require(parts(input, chunk: chunk) == whole, "the same parts in chunks of \(chunk)")
  }
  _ = MediaType(String(decoding: input.prefix(256), as: UTF8.self))
}

/// The parts' heads and contents, nil where the body is refused.
private func parts(_ input: [UInt8], chunk: Int) -> [Part]? {
  var heads: [PartHead] = []
  var contents: [MemorySink] = []
  do {
    let reader = try MultipartReader(boundary: "b", maximumParts: 3) { head, _ in
      heads.append(head)
      contents.append(MemorySink())
      return contents[contents.count - 1]
    }
    try feed(input, to: reader, chunk: chunk)
    return zip(heads, contents).map { Part(head: $0, content: $1.bytes) }
  } catch {
    return nil
  }
}

private struct Part: Hashable {
  let head: PartHead
  let content: [UInt8]
}
