import Foundation
import SDKRelay
import XMLSecurity

/// A user message from the HTTP body to the verified payloads, with the keys that the seeds were made for.
@Sendable func fuzzSOAP(_ input: [UInt8]) throws {
  let reader = UserMessageReader(contentType: contentType(input), receiver: soapReceiver, spool: soapSpool)
  defer { require(soapSpool.names().isEmpty, "nothing is kept") }
  try feed(input, to: reader, chunk: 4_096)
  _ = try reader.result()
}

/// A body that begins with a boundary names it, so that the boundary is fuzzed too.
private func contentType(_ input: [UInt8]) -> String {
  guard input.starts(with: Array("--".utf8)) else { return "application/soap+xml; charset=UTF-8" }
  let boundary = String(decoding: input.dropFirst(2).prefix { $0 != 0x0D }, as: UTF8.self)
  return "multipart/related; boundary=\"\(boundary)\"; type=\"application/soap+xml\""
}

private let soapReceiver: AS4Receiver = {
  do {
    return try Seeds.receiver()
  } catch {
    fatalError("the fuzz keys cannot be read: \(error)")
  }
}()

private let soapSpool: Spool = {
  do {
    return try Spool(folder: scratch.appending(path: "parts"))
  } catch {
    fatalError("no folder for parts: \(error)")
  }
}()
