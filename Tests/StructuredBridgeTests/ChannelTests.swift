import Testing

@testable import StructuredBridge

@Suite("Channel advice") struct ChannelTests {
  /// The agreement's table, written down once more as it stands there: rule, channel, reason.
  private func document(_ sdk: Bool, _ agreement: Bool) -> String {
    if sdk && agreement { return "R1 sdk sdkAndAgreement" }
    let missing = !sdk && !agreement ? "sdkAndAgreementMissing" : sdk ? "agreementMissing" : "sdkMissing"
    return "R2 ordinaryCooperation \(missing)"
  }

  private func event(_ api: ChannelQuestion.Interface) -> String {
    ["up": "R3 api apiUp", "down": "R4 webPortal apiDown", "absent": "R4 webPortal apiAbsent"][api.rawValue] ?? ""
  }

  private func words(_ way: ChannelAdvice.Way?) -> String? {
    way.map { "\($0.rule.rawValue) \($0.channel.rawValue) \($0.reason.rawValue)" }
  }

  @Test("the five rules of the channel over every combination; no event ever goes by SDK")
  func wholeTable() {
    var live = LiveKinds()
    (live.residentQuery, live.establishmentQuery) = (true, true)
    var count = 0
    for kind in EventKind.allCases.map(Optional.some) + [nil] {
      for hasDocument in [true, false] {
        for sdk in [true, false] {
          for agreement in [true, false] {
            for api in ChannelQuestion.Interface.allCases {
              count += 1
              let advice = ChannelQuestion(
                event: kind, hasDocument: hasDocument, sdk: sdk, agreement: agreement, api: api
              ).advice(live)
              let (eventWay, documentWay) = (event(api), document(sdk, agreement))
              #expect(words(advice.event) == (kind == nil ? nil : eventWay))
              #expect(words(advice.document) == (kind == nil || hasDocument ? documentWay : nil))
              let only = kind == nil ? documentWay : eventWay
              #expect(advice.rule.rawValue == (kind != nil && hasDocument ? "R5" : String(only.prefix(2))))
              #expect(advice.isLinkedFirst == (kind != nil && hasDocument) && advice.event?.channel != .sdk)
            }
          }
        }
      }
    }
    #expect(count == 10 * 2 * 2 * 2 * 3)
  }

  @Test(
    "a kind that is not live goes neither by the interface nor by SDK", arguments: ChannelQuestion.Interface.allCases)
  func notLive(_ api: ChannelQuestion.Interface) {
    let advice = ChannelQuestion(event: .residentQuery, sdk: true, agreement: true, api: api).advice()
    #expect(words(advice.event) == "notLive ordinaryCooperation kindNotLive" && advice.document == nil)
  }
}
