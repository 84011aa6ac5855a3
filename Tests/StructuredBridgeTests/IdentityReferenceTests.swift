import SDKRelay
import Testing

@testable import StructuredBridge

@Suite("Identity numbers in references") struct IdentityReferenceTests {
  private func reference(_ root: String, _ value: String) -> IdentityReference {
    IdentityReference(InstanceIdentifier(root: root, extension: value), at: someNow)
  }
  private static let personnummer = "1.2.752.129.2.1.3.1"
  private static let samordningsnummer = "1.2.752.129.2.1.3.3"

  @Test("a number goes out under its root and comes back the same")
  func roundTrip() throws {
    for text in ["19121212-1212", "191401682396", "98240301AA06"] {
      let number = try #require(try read(text).person)
      let id = try #require(number.reference)
      #expect(IdentityReference(id, at: someNow) == .person(number))
    }
    let interimForm = reference("1.2.752.74.9.1", "20000101T220")
    guard case .person(let number) = interimForm else {
      Issue.record("not read by its root")
      return
    }
    #expect(number.kind == .nationalReserve)
  }

  @Test("a root that contradicts its value is flagged")
  func contradictions() {
    #expect(reference(Self.personnummer, "191401682396") == .contradiction(.samordningsnummer))
    #expect(reference(Self.samordningsnummer, "191212121212") == .contradiction(.personnummer))
    #expect(reference(Self.personnummer, "19140728TF26") == .contradiction(.localReserve))
    #expect(reference("dnr", "19121212-1212") == .contradiction(.personnummer))
  }

  @Test("wrong values, wrong roots and digits that only look so are nobody's number")
  func others() {
    #expect(reference(Self.personnummer, "191212121213") == .invalid(.checkDigit))
    #expect(reference(Self.personnummer, "19121212121２") == .invalid(.foreignDigit))
    #expect(reference(Self.personnummer, "162999999994") == .invalid(.date))
    #expect(reference(Self.personnummer, "1212121212") == .openCentury)
    #expect(reference("1.2.752.129.2.1.3.１", "191212121212") == .other)
    #expect(reference(" \(Self.personnummer)", "191212121212") == .other)
    #expect(reference("dnr", "Af-2026/0000 3075") == .caseNumber("Af-2026/0000 3075"))
    #expect(reference("unregistred", "191212121212") == .other)
  }
}
