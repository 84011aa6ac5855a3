import Mailbox
import Testing

@testable import StructuredBridge

@Suite("Kinds of events") struct EventTests {
  @Test("each kind has its source and its scope as the agreement's tables say")
  func tables() {
    let expected: [(EventKind, EventKind.Source, EventKind.Scope, Int)] = [
      (.needOfEducation, .employmentService, .applicants, 1), (.application, .municipality, .referred, 1),
      (.admission, .municipality, .referred, 1), (.decision, .employmentService, .ongoingStudies, 1),
      (.interruption, .municipality, .decided, 1), (.change, .municipality, .decided, 1),
      (.result, .municipality, .decided, 1), (.residentQuery, .employmentService, .residents, 2),
      (.establishmentQuery, .employmentService, .languageApplicants, 3),
    ]
    #expect(expected.map(\.0) == EventKind.allCases)
    for (kind, source, scope, table) in expected {
      #expect(kind.source == source && kind.scope == scope && kind.table == table)
    }
  }

  @Test("each is a kind of information of agreements; only other has no structured form")
  func information() {
    for kind in EventKind.allCases { #expect(kind.information.flatMap(EventKind.init) == kind) }
    #expect(InformationKind.allCases.filter { EventKind($0) == nil } == [.other])
  }

  @Test("tables 2 and 3 are off until they are switched on")
  func switches() {
    #expect(EventKind.allCases.filter { !LiveKinds().contains($0) } == [.residentQuery, .establishmentQuery])
    var live = LiveKinds()
    live.residentQuery = true
    #expect(live.contains(.residentQuery) && !live.contains(.establishmentQuery))
  }

  @Test("the usual order leaves no remark")
  func usual() {
    var observed: Set<EventKind> = []
    for kind in [EventKind.needOfEducation, .application, .admission, .decision, .change, .change, .result] {
      #expect(EventOrder.remarks(on: kind, after: observed) == [])
      observed.insert(kind)
    }
  }

  @Test("an event out of order is told of")
  func unusual() {
    #expect(EventOrder.remarks(on: .result, after: []) == [.before(.decision)])
    #expect(EventOrder.remarks(on: .application, after: [.needOfEducation, .decision]) == [.late(.decision)])
    #expect(EventOrder.remarks(on: .change, after: [.decision, .interruption]) == [.afterEnd(.interruption)])
    #expect(EventOrder.remarks(on: .decision, after: [.admission, .decision]) == [.repeated])
    #expect(EventOrder.remarks(on: .establishmentQuery, after: []) == [])
  }
}
