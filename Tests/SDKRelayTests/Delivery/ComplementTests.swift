import Testing

@testable import SDKRelay

@Suite("Complements")
struct ComplementTests {
  @Test("SDK-PAY-05: every complement refers to the first of one's own messages, in its conversation")
  func complements() async throws {
    try await withNet { net in
      let relay = net.nodes[0].relay
      let first = try await relay.submit(net.draft())
      var previous = first
      for _ in 0..<3 {
        var draft = net.draft("Komplettering")
        draft.replyTo = previous
        previous = try await relay.submit(draft)
        let complement = try #require(try net.nodes[0].message(previous, .outgoing))
        #expect(complement.refToMessageID == first)
        #expect(complement.conversationID == first)
      }
    }
  }

  @Test("SDK-PAY-05: a complement to a reply refers to the reply, not to the message that it answers")
  func ofReply() async throws {
    try await withNet { net in
      let first = try await net.nodes[0].relay.submit(net.draft())
      _ = try await net.nodes[1].wait(first, .incoming, for: .new)
      var draft = Draft(from: net.b.mailbox, to: net.a.mailbox, subject: "Svar", text: "Tack", replyTo: first)
      let reply = try await net.nodes[1].relay.submit(draft)
      for _ in 0..<2 {
        draft.replyTo = reply
        let complement = try await net.nodes[1].relay.submit(draft)
        #expect(try net.nodes[1].message(complement, .outgoing)?.refToMessageID == reply)
      }
    }
  }
}
