import Foundation
import Testing
import XMLSecurity

@testable import SDKRelay

@Suite("One message from organisation to organisation")
struct ExchangeTests {
  @Test("TF-01 TF-04 2.1.1 SDK-KVT-06: a message with an attachment arrives whole and both hold signed proof")
  func exchange() async throws {
    try await withNet { net in
      let bytes = randomBytes(300_000)
      let draft = net.draft(attachments: [try net.file(bytes)])
      let id = try await net.nodes[0].relay.submit(draft)
      let sent = try #require(await net.nodes[0].wait(id, .outgoing, for: .accepted))
      #expect(sent.status == .accepted)
      let received = try #require(await net.nodes[1].wait(id, .incoming, for: .new))
      #expect(received.status == .new)
      #expect(received.content.texts == ["# Hej\n\nText."])
      let file = try #require(received.content.files.first)
      #expect(try Data(contentsOf: net.nodes[1].relay.attachment(file, of: received)) == Data(bytes))
      #expect(try net.nodes[0].relay.evidence(of: sent).map(\.kind) == [.transportReceipt, .messageReceipt])
      #expect(
        try net.nodes[0].relay.events(of: sent).compactMap(\.status)
          == [.scheduled, .submitted, .acknowledged, .waitingForReceipt, .accepted])
      #expect(
        try net.nodes[1].relay.events(of: received).compactMap(\.status) == [.retrieved, .receiptSent, .new])
    }
  }
}
