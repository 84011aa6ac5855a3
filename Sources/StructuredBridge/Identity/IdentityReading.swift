public import Foundation
import Mailbox

/// What a written number turns out to be.
public enum IdentityReading: Hashable, Sendable {
  case person(PersonIdentityNumber)
  case organisation(OrganisationNumber)
  /// Ten characters that leave the century open: good for a search, never for a match. A person has to choose.
  case openCentury([PersonIdentityNumber])

  /// Reads a number in any form that people write.
  /// - Parameters:
  ///   - now: what the century and "not born yet" are judged by, in Swedish days.
  ///   - issuer: who gives out the local reserve numbers that may be meant.
  public init(_ text: String, at now: Date, issuer: String? = nil) throws(IdentityProblem) {
    let written = try WrittenNumber(text)
    if let organisation = try Self.organisation(written) {
      self = .organisation(organisation)
    } else {
      let reader = PersonReader(written: written, today: Day(containing: now), issuer: issuer)
      self = try written.characters.count == 12 ? .person(reader.whole(written.characters)) : reader.short()
    }
  }

  /// The person's number, where the century is certain.
  public var person: PersonIdentityNumber? {
    if case .person(let number) = self { number } else { nil }
  }

  private static func organisation(_ written: WrittenNumber) throws(IdentityProblem) -> OrganisationNumber? {
    guard written.isAllDigits else { return nil }
    let hasPrefix = written.characters.count == 12 && written.characters.starts(with: "16".utf8)
    let ten = Array(written.characters.suffix(10))
    guard hasPrefix || written.characters.count == 10 && ten[2] >= UInt8(ascii: "2") else { return nil }
    guard written.separator != .plus else { throw .separator }
    return try OrganisationNumber(ten: ten)
  }
}

/// Reads numbers that stand for persons.
private struct PersonReader {
  let written: WrittenNumber
  let today: Day
  let issuer: String?
  private static let interimLetters = Set("TRSUWXJKLMN".utf8)

  /// Ten characters: a separator tells the century.
  func short() throws(IdentityProblem) -> IdentityReading {
    guard Self.number(written.characters, 0, 2) != nil else { throw .character }
    if written.separator != .none { return .person(try number(isPlus: written.separator == .plus)) }
    var candidates: [PersonIdentityNumber] = []
    var problem: IdentityProblem?
    for isPlus in [false, true] {
      do throws(IdentityProblem) {
        candidates.append(try number(isPlus: isPlus))
      } catch {
        problem = problem ?? error
      }
    }
    if candidates.isEmpty, let problem { throw problem }
    return .openCentury(candidates)
  }

  private func number(isPlus: Bool) throws(IdentityProblem) -> PersonIdentityNumber {
    guard let digits = Self.number(written.characters, 0, 2) else { throw .character }
    let year = CenturyRule(today: today).year(digits, isPlus: isPlus)
    return try whole(Array("\(year)".utf8) + written.characters.dropFirst(2))
  }

  /// Twelve characters.
  func whole(_ all: [UInt8]) throws(IdentityProblem) -> PersonIdentityNumber {
    guard all.prefix(8).allSatisfy(WrittenNumber.isDigit) else { throw .character }
    let text = String(decoding: all, as: UTF8.self)
    let tail = all.suffix(4)
    if tail.allSatisfy(WrittenNumber.isDigit) { return PersonIdentityNumber(try registered(all), text) }
    if tail.starts(with: "TF".utf8), tail.suffix(2).allSatisfy(WrittenNumber.isDigit) {
      return PersonIdentityNumber(.localReserve, text, issuer: issuer)
    }
    let isInterim =
      tail.first.map(Self.interimLetters.contains) == true && tail.dropFirst().allSatisfy(WrittenNumber.isDigit)
    let problem: IdentityProblem = isInterim ? interimProblem(all) ?? .checkDigit : .character
    if isInterim, interimProblem(all) == nil { return PersonIdentityNumber(.interim, text) }
    // A national reserve id is twelve characters on end: it may look like an interim number that is wrong.
    guard written.characters.count == 12, written.separator == .none else { throw problem }
    return PersonIdentityNumber(.nationalReserve, text)
  }

  /// Personnummer and samordningsnummer.
  private func registered(_ all: [UInt8]) throws(IdentityProblem) -> PersonIdentityNumber.Kind {
    let (year, month, day) = try date(all)
    let isRaised = day >= 60
    if isRaised {
      // Month and day may be unknown, 0, and the published ones include 31 April: no calendar is asked.
      guard (0...12).contains(month), day <= 91 else { throw .date }
      guard isPast(year, month, day - 60) else { throw .future }
    } else {
      try judge(year, month, day)
    }
    guard !all[8..<11].allSatisfy({ $0 == UInt8(ascii: "0") }) else { throw .serial }
    guard CheckDigit.holds(all.suffix(10)) else { throw .checkDigit }
    return isRaised ? .samordningsnummer : .personnummer
  }

  private func interimProblem(_ all: [UInt8]) -> IdentityProblem? {
    do throws(IdentityProblem) {
      let (year, month, day) = try date(all)
      try judge(year, month, day)
    } catch {
      return error
    }
    return CheckDigit.holds(all.suffix(10)) ? nil : .checkDigit
  }

  private func judge(_ year: Int, _ month: Int, _ day: Int) throws(IdentityProblem) {
    guard BirthCalendar.has(year: year, month: month, day: day) else { throw .date }
    guard isPast(year, month, day) else { throw .future }
  }

  private func isPast(_ year: Int, _ month: Int, _ day: Int) -> Bool {
    (year, month, day) <= (today.year, today.month, today.day)
  }

  private func date(_ all: [UInt8]) throws(IdentityProblem) -> (Int, Int, Int) {
    guard let year = Self.number(all, 0, 4), let month = Self.number(all, 4, 2), let day = Self.number(all, 6, 2)
    else { throw .character }
    guard (1800..<2100).contains(year) else { throw .date }
    return (year, month, day)
  }

  private static func number(_ bytes: [UInt8], _ start: Int, _ count: Int) -> Int? {
    let digits = bytes.dropFirst(start).prefix(count)
    guard digits.allSatisfy(WrittenNumber.isDigit) else { return nil }
    return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
  }
}
