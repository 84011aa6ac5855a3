import SDKRelay
import Testing

@testable import StructuredBridge

@Suite(
  "Published identity numbers",
  .enabled(if: Vectors.areHere, "skipped: ../shared/vectors/identity-numbers is not here"))
struct PublishedNumberTests {
  @Test("all of them are valid and known as test numbers, also with month 00 and day 60")
  func lists() throws {
    for (file, kind) in [
      ("somePins.json", PersonIdentityNumber.Kind.personnummer), ("allCoords.json", .samordningsnummer),
    ] {
      let numbers = try Vectors.list(file)
      for text in numbers {
        let number = try #require(try read(text).person)
        #expect(number.kind == kind && number.whole == text && KnownTestNumbers.contains(number))
      }
      #expect(numbers.count > 2_000)
    }
    let numbers = try Vectors.list("allCoords.json")
    #expect(numbers.filter { $0.dropFirst(4).hasPrefix("00") }.count == 132)
    #expect(numbers.filter { $0.dropFirst(6).hasPrefix("60") }.count == 41)
  }

  @Test("valid and invalid forms are told apart")
  func forms() throws {
    for form in try Vectors.forms("list.json") where !form.separated_format.contains(" ") {
      let texts = [form.long_format, form.separated_format, form.separated_long].compactMap { $0 }
      for text in texts { #expect((problem(text) == nil) == form.valid, "\(form.type)") }
    }
    for form in try Vectors.forms("interim.json") {
      #expect(((try? read(form.separated_format))?.person?.kind == .interim) == form.valid)
      #expect(((try? read(form.long_format ?? ""))?.person?.kind == .interim) == form.valid)
    }
    for form in try Vectors.forms("orgnumber.json") {
      for text in [form.short_format, form.separated_format] {
        guard case .organisation = try read(text) else {
          Issue.record("no organisation")
          continue
        }
      }
    }
  }

  @Test("production refuses test numbers, and real ones with the same serial number pass")
  func production() throws {
    let test = try #require(try read("191212121212").person)
    #expect(throws: IdentityProblem.testNumber) { try KnownTestNumbers.refuse(test, in: .sdk) }
    try KnownTestNumbers.refuse(test, in: .test)
    let other = try #require(try read(checked("19640823238")).person)
    try KnownTestNumbers.refuse(other, in: .sdk)
  }
}
