import Foundation
import Testing

@testable import StructuredBridge

@Suite("Identity numbers") struct IdentityReadingTests {
  @Test(
    "every written form is the same number",
    arguments: [
      "191212121212", "19121212-1212", "19121212+1212", "121212+1212", " 19121212 1212 ", "1912-12-12-1212",
      "19121212\u{2013}1212", "1912 12 12\u{A0}1212", "19121212\u{2212}1212", "1912-12-12 1212",
    ])
  func forms(_ text: String) throws {
    #expect(try read(text).person?.whole == "191212121212")
    #expect(try read(text).person?.kind == .personnummer)
  }

  @Test(
    "what is no number is refused with its reason",
    arguments: [
      ("", IdentityProblem.empty), ("   ", .empty), ("-", .separator), ("12345", .length), ("1912121212123", .length),
      ("191212121213", .checkDigit), ("191213121212", .date), ("190002292399", .date), ("191212120009", .serial),
      ("1912121２1212", .foreignDigit), ("19121212121\u{0662}", .foreignDigit), ("1912121O1212", .character),
      ("19121212/1212", .character), ("1912121-21212", .separator), ("19121212--1212", .separator),
      ("19121212-1212\u{0}", .character), ("219912121212", .date), ("299999+9994", .separator),
      ("299999-9995", .checkDigit), ("20000101-T221", .checkDigit), ("000101-E221", .character),
      (String(repeating: "1", count: 10_000), .length), (String(repeating: " ", count: 10_000), .length),
    ])
  func refused(_ text: String, _ reason: IdentityProblem) {
    #expect(problem(text) == reason)
    #expect(!text.contains("1912") || !"\(reason)".contains("1912"))
  }

  @Test("the separator tells the century, and turns in the year of the hundredth birthday")
  func century() throws {
    let before = Date(timeIntervalSince1970: 1_798_675_200)  // 31 December 2026, at noon
    let after = before.addingTimeInterval(86_400)
    let digits = String(checked("19270615238").suffix(10))
    let (minus, plus) = ("\(digits.prefix(6))-\(digits.suffix(4))", "\(digits.prefix(6))+\(digits.suffix(4))")
    #expect(try read(minus, at: before).person?.whole == "1927\(digits.dropFirst(2))")
    #expect(try read(plus, at: before).person?.whole == "1827\(digits.dropFirst(2))")
    #expect(problem(minus, at: after) == .future)
    #expect(try read(plus, at: after).person?.whole == "1927\(digits.dropFirst(2))")
  }

  @Test("the day begins at midnight in Sweden")
  func midnight() throws {
    let number = checked("20261126238")
    #expect(problem(number, at: Date(timeIntervalSince1970: 1_795_647_599)) == .future)
    #expect(problem(number, at: Date(timeIntervalSince1970: 1_795_647_600)) == nil)
  }

  @Test("ten digits without separator leave the century open")
  func open() throws {
    guard case .openCentury(let numbers) = try read("1212121212") else {
      Issue.record("the century is not open")
      return
    }
    #expect(numbers.map(\.whole) == ["201212121212", "191212121212"])
    #expect(try read("1212121212").person == nil)
    #expect(try read("121212 1212").person == nil)
  }

  @Test("a samordningsnummer is not held to a calendar, and to its months and days all the same")
  func raisedDays() throws {
    for digits in ["19200491238", "20140290239", "19140068239", "19200460238", "19990060238"] {
      #expect(try read(checked(digits)).person?.kind == .samordningsnummer)
    }
    for digits in ["19201361238", "19200492238", "19200400238", "19200459238"] {
      #expect(problem(checked(digits)) == .date)
    }
    #expect(problem(checked("20261260238")) == .future && problem(checked("20260060238")) == nil)
  }

  @Test("an organisation is told from a person, in each form")
  func organisations() throws {
    for text in ["299999-9994", "2999999994", "162999999994", "16299999-9994", "16-299999-9994", "16 299999 9994"] {
      guard case .organisation(let number) = try read(text) else {
        Issue.record("no organisation: \(text)")
        continue
      }
      #expect(number.twelveDigits == "162999999994" && number.tenDigits == "2999999994" && number.isPublicBody)
      #expect("\(number)" == "299999-9994")
    }
    #expect(problem("161212121212") == .date)
  }

  @Test("reserve and interim numbers are kept apart, and nobody is matched by them")
  func otherKinds() throws {
    let interim = try #require(try read("000101-T220").person)
    #expect(interim.kind == .interim && interim.whole == "20000101T220")
    let local = try #require(try IdentityReading("19140728-tf26", at: someNow, issuer: "0203:a.example.se").person)
    #expect(local.kind == .localReserve && local.issuer == "0203:a.example.se" && local.whole == "19140728TF26")
    for text in ["98240301AA06", "20210325K069"] {
      #expect(try read(text).person?.kind == .nationalReserve)
    }
    for text in ["20000101T220", "19140728TF26", "98240301AA06"] { #expect(try read(text).person?.isMatchKey == false) }
    #expect(interim.reference == nil && local.reference == nil)
  }

  @Test("a number shows itself nowhere but where it is asked for whole")
  func masked() throws {
    let number = try #require(try read("19121212-1212").person)
    var dumped = ""
    dump(try read("19121212-1212"), to: &dumped)
    for text in ["\(number)", String(reflecting: number), "\(try read("191212121212"))", dumped] {
      #expect(!text.contains("1212") && text.contains("1912****-****"), "\(text)")
    }
  }

  @Test("generated numbers survive every form; one digit more or less and the check digit finds it")
  func generated() throws {
    var dice = Dice(state: 1)
    for _ in 0..<3_000 {
      let isRaised = Bool.random(using: &dice)
      let (month, day) = (
        Int.random(in: isRaised ? 0...12 : 1...12, using: &dice), Int.random(in: 1...28, using: &dice)
      )
      let year = Int.random(in: 1927...2025, using: &dice)
      let shownDay = isRaised ? (Int.random(in: 0...9, using: &dice) == 0 ? 60 : day + 60) : day
      let serial = Int.random(in: 1...999, using: &dice)
      let number = checked("\(year)\(padded(month, 2))\(padded(shownDay, 2))\(padded(serial, 3))")
      let ten = number.dropFirst(2)
      for form in [number, "\(number.prefix(8))-\(number.suffix(4))", "\(ten.prefix(6))-\(ten.suffix(4))"] {
        let person = try #require(try read(form).person, "\(year) \(month) \(shownDay)")
        #expect(person.whole == number && person.isMatchKey)
        #expect(person.kind == (isRaised ? .samordningsnummer : .personnummer))
      }
      let wrong = ((number.last?.wholeNumberValue ?? 0) + Int.random(in: 1...9, using: &dice)) % 10
      #expect(problem("\(number.dropLast())\(wrong)") == .checkDigit)
    }
  }

  private func padded(_ number: Int, _ width: Int) -> String {
    String(repeating: "0", count: max(0, width - "\(number)".count)) + "\(number)"
  }
}
