import Foundation
import GRDB
import Testing

@testable import Mailbox
@testable import SDKRelay
@testable import StructuredBridge

/// Many messages over many persons: what is linked by itself is right. `script/test-slow` takes 10,000 over 100,000.
@Suite("Many messages and many cases") struct LinkVolumeTests {
  private static func count(_ name: String, default: Int) -> Int {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? `default`
  }
  private let persons = count("SDKRELAY_LINK_PERSONS", default: 2_000)
  private let messages = count("SDKRELAY_LINK_MESSAGES", default: 300)

  /// What a generated message refers by.
  private enum Way: CaseIterable { case own, thread, dnr, number, wrongNumber, several, nobody, stray, contradiction }

  @Test(
    "no message is linked by itself to a wrong case, and the share that is linked is told", .timeLimit(.minutes(20)))
  func right() async throws {
    let kit = try LinkKit()
    var dice = Dice(state: 4_711)
    let cases = try await fill(kit)
    var (linked, proposed, left) = (0, 0, 0)
    var earlier: [(message: StoredMessage, place: Int)] = []
    for _ in 0..<messages {
      let place = Int.random(in: 0..<persons, using: &dice)
      let other = (place + 1 + Int.random(in: 0..<(persons - 1), using: &dice)) % persons
      let way = Way.allCases.randomElement(using: &dice)!
      var truth = place
      let own = way == .own || way == .stray ? try await kit.issue(cases[place]) : nil
      let thread = earlier.randomElement(using: &dice)
      let message = try await kit.deliver { plan in
        let dnr = Draft.Reference(root: "dnr", value: Self.dnr(place))
        switch way {
        case .own: plan.returned = [own!]
        case .thread:
          guard let thread else { return }
          truth = thread.place
          (plan.answers, plan.conversation) = (thread.message.id, thread.message.conversationID)
        case .dnr: plan.references = [dnr]
        case .number: plan.refer(Self.person(place))
        case .wrongNumber:
          // A digit typed wrong: nearly always it has no right check digit then, or is somebody else's.
          let whole = Self.person(place).whole
          let wrong = whole.prefix(9) + "\((whole.dropFirst(9).first!.wholeNumberValue! + 1) % 10)" + whole.suffix(2)
          plan.references = [Draft.Reference(root: "1.2.752.129.2.1.3.1", value: String(wrong))]
        case .several:
          plan.refer(Self.person(place))
          plan.refer(Self.person(other))
        case .nobody: plan.text = "Hej, jag undrar över min ansökan."
        case .stray: (plan.returned, plan.counterparty) = ([own!], LinkKit.stranger)
        case .contradiction:
          plan.references = [dnr]
          plan.refer(Self.person(other))
        }
      }
      let found = try await kit.kit.bridge.mailbox.relay.write { try MessageLink(message, in: $0) }
      switch found.state {
      case .linked:
        linked += 1
        #expect(found.cases.map(\.id) == [cases[truth]], "\(way)")
        #expect(![.several, .nobody, .stray, .contradiction, .wrongNumber, .number].contains(way), "\(way)")
        #expect(truth % 50 != 0, "about a protected person")
        earlier.append((message, truth))
      case .proposed: proposed += 1
      default: left += 1
      }
    }
    print(
      "of \(messages) messages over \(persons) persons \(linked) linked, \(proposed) proposed, \(left) left to people")
    #expect(linked > messages / 6 && linked + proposed + left == messages)
  }

  /// A case for each person; one in fifty is protected, one in ten has two cases, one in ten a closed one.
  private func fill(_ kit: LinkKit) async throws -> [CaseID] {
    var cases: [CaseID] = []
    for first in stride(from: 0, to: persons, by: 1_000) {
      let places = first..<min(first + 1_000, persons)
      var facts: [StructuredFact] = places.map { place in
        let dnr = CaseReference(.caseNumber, of: .counterpart, Self.dnr(place))!
        return .eventObserved(kit.kit.event(.needOfEducation, of: Self.person(place), known: [dnr]))
      }
      for place in places {
        let marks: Set<ProtectionMark> = place % 50 == 0 ? [.secrecyMark] : []
        let protection = Protection(marks, source: .populationRegister, checked: LinkKit.now)
        facts.append(
          .protectionChanged(
            ProtectionObservation(tenant: kit.kit.tenant, person: Self.person(place), protection: protection)))
        if place % 10 == 3 {
          let second = CaseReference(.system, of: .own, "andra-\(place)")!
          facts.append(.eventObserved(kit.kit.event(.needOfEducation, of: Self.person(place), known: [second])))
        }
        if place % 10 == 7 { facts.append(.eventObserved(kit.kit.event(.result, of: Self.person(place), days: -1))) }
      }
      let taken = try await kit.kit.bridge.take(facts, at: LinkKit.now)
      cases += try taken.prefix(places.count).map { outcome in
        guard case .taken(let id?) = try outcome.get() else { throw FactProblem.form }
        return id
      }
    }
    return cases
  }

  private static func dnr(_ place: Int) -> String {
    String(format: "Af-2026/%04d %04d", place / 10_000, place % 10_000)
  }

  /// A well-formed number of somebody born 1940 to 2005.
  private static func person(_ place: Int) -> PersonIdentityNumber {
    let (year, month, day) = (1940 + place % 66, 1 + place / 66 % 12, 1 + place / 792 % 28)
    let digits = String(format: "%02d%02d%02d%03d", year % 100, month, day, 100 + place / 22_176 % 900)
    guard case .person(let number)? = try? read("\(year / 100)" + checked(digits)) else {
      preconditionFailure("a well-formed number")
    }
    return number
  }
}
