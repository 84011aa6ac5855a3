import SDKRelay
import Testing

/// The case table of B1.3.3 §5.3 (SDK-KVT-02).
@Suite("Receipt decisions")
struct ReceiptDecisionTests {
  @Test("cases that are accepted", arguments: [[], [.unknownReference], [.clientUnavailable]] as [[ReceiptFinding]])
  func accepted(_ findings: [ReceiptFinding]) {
    // Cases 1 and 7 (SDK-KVT-07), and SDK-KVT-06, MT 2.4.6: a client that is away is no reason to refuse.
    #expect(ReceiptDecision(findings) == .accept)
  }

  @Test(
    "cases that are rejected, with their codes",
    arguments: [
      (2, .problems([PayloadRule.schema.problem()]), "SV structure"),
      (3, .malware, "BV forbidden"),
      (4, .problems([PayloadRule.size.problem()]), "BV too-long"),
      (5, .problems([PayloadRule.senderIDValue.problem()]), "BV invariant"),
      (6, .duplicate, "BV duplicate"),
      (8, .problems([PayloadRule.fileType.problem()]), "BV not-supported"),
      (9, .problems([PayloadRule.unknownFunction.problem()]), "BV not-found"),
      (11, .refersToRejected, "BV not-supported"),
      (12, .wrongSignature, "SIG security"),
      (13, .wrongSender, "BV security"),
      (14, .unencrypted, "SIG security"),
    ] as [(Int, ReceiptFinding, String)])
  func rejected(_ number: Int, _ finding: ReceiptFinding, _ codes: String) {
    guard case .reject(let lines) = ReceiptDecision([finding]) else {
      Issue.record("case \(number) is rejected")
      return
    }
    #expect(lines.map { "\($0.causeCode) \($0.reasonCode ?? "")" } == [codes])
  }

  @Test(
    "SDK-KVT-05: cases that are never answered, whatever else was found",
    arguments: [.notWellFormed, .undecryptable, .envelopeFault, .recipientNotServed, .isReceipt, .unregisteredSender]
      as [ReceiptFinding])
  func never(_ finding: ReceiptFinding) {
    for findings in [[finding], [.malware, finding], [finding, .identicalRepeat], [.wrongSender, finding]] {
      guard case .never = ReceiptDecision(findings) else {
        Issue.record("\(finding) is never answered")
        continue
      }
    }
  }

  @Test("SDK-KVT-11: an identical repeat gets the former receipt again")
  func repeated() {
    #expect(ReceiptDecision([.identicalRepeat]) == .repeatFormer)
    #expect(ReceiptDecision([.identicalRepeat, .unknownReference]) == .repeatFormer)
  }

  @Test("all reasons are listed at once")
  func several() {
    let decision = ReceiptDecision([.problems([PayloadRule.size.problem(), PayloadRule.index.problem()]), .malware])
    guard case .reject(let lines) = decision else {
      Issue.record("rejected")
      return
    }
    #expect(lines.compactMap(\.reasonCode) == ["too-long", "invariant", "forbidden"])
  }
}
