import Foundation
import GRDB
import Testing

@testable import Mailbox
@testable import SDKRelay
@testable import StructuredBridge

/// What is advised about a message that goes by SDK, and what the agreement makes of it.
@Suite("Channel choices") struct ChannelChoiceTests {
  @Test("unstructured fits, a structured event never goes by SDK, and with a document its case comes first")
  func remarks() {
    func remark(_ kind: InformationKind, files: Bool, linked: Bool, _ api: ChannelQuestion.Interface) -> String {
      ChannelChoice(kind, hasFiles: files, isLinked: linked, api: api, LiveKinds()).remark?.prefix(2).description ?? ""
    }
    for api in ChannelQuestion.Interface.allCases {
      #expect(remark(.other, files: false, linked: false, api) == "")
      #expect(remark(.application, files: false, linked: true, api) == (api == .up ? "R3" : "R4"))
      #expect(remark(.application, files: true, linked: false, api) == "R5")
      #expect(remark(.application, files: true, linked: true, api) == "")
    }
  }

  @Test(
    "the agreement makes it a remark or an end, and what was advised and done is kept", arguments: ["warn", "stop"])
  func agreement(_ word: String) async throws {
    let kit = try LinkKit { LinkKit.agreement($0, more: "structuredInformation: \(word)") }
    let stored = try? await kit.deliver({ $0.direction = .outgoing }, kind: .application)
    #expect((stored == nil) == (word == "stop"))
    let rows = try await kit.kit.bridge.mailbox.relay.write { db in
      try String.fetchAll(db, sql: "SELECT rule || ' ' || eventChannel || ' ' || isFollowed FROM channelChoice")
    }
    #expect(rows == (word == "warn" ? ["R4 webPortal 0"] : []))
  }

  @Test("advice for whoever writes is by the agreements in force and how the interface is")
  func advice() async throws {
    let kit = try LinkKit { LinkKit.agreement($0) }
    let recipient = Draft.Mailbox(LinkKit.counterparty, try FunctionalAddress("sdk:registrator"))
    func advice(_ kind: InformationKind, document: Bool = true) async throws -> String {
      let advice = try await kit.kit.bridge.advice(
        about: kind, hasDocument: document, from: kit.mailbox, to: recipient, at: LinkKit.now)
      return [advice.rule.rawValue, advice.event?.channel.rawValue, advice.document?.reason.rawValue].compactMap(\.self)
        .joined(separator: " ")
    }
    // The test node's directory has no such mailbox.
    #expect(try await advice(.other) == "R2 sdkMissing")
    #expect(try await advice(.result) == "R5 webPortal sdkAndAgreementMissing")
    try await kit.kit.take(
      .availability(InterfaceAvailability(tenant: nil, state: .up, observed: LinkKit.now, source: .core)))
    #expect(try await advice(.application, document: false) == "R3 api")
  }
}
