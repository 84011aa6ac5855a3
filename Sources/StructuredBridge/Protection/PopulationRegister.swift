public import Foundation
public import SDKRelay

/// The population register (folkbokföringen) as far as it tells of protection: asked about persons of an organisation.
public protocol PopulationRegister: Sendable {
  /// What the register says of those that it has an answer about. Who is not among them stays as they are, and grows old.
  /// - Throws: where it cannot be asked.
  func protection(
    of numbers: [PersonIdentityNumber], for tenant: ParticipantID, at now: Date
  ) async throws -> [PersonIdentityNumber: Protection]
}

/// Why the register gives no answer. It names lines and never numbers.
public struct PopulationRegisterProblem: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String
}

/// A file that was taken out of the population register: a header and a line a person, `;` between the fields.
///
/// ```
/// nummer;sekretessmarkering;skyddadFolkbokforing;kontrollerad
/// 191212121212;NEJ;NEJ;2026-03-01T06:00:00Z
/// ```
/// The answer is as old as its line says, however new the file is. One wrong line and nothing of the file counts: whoever
/// made it has to look at it.
public struct PopulationRegisterFile: PopulationRegister {
  let file: URL

  package init(file: URL) { self.file = file }

  static let header = ["nummer", "sekretessmarkering", "skyddadFolkbokforing", "kontrollerad"]
  static let largest = 200_000_000

  public func protection(
    of numbers: [PersonIdentityNumber], for tenant: ParticipantID, at now: Date
  ) async throws -> [PersonIdentityNumber: Protection] {
    let wanted = Dictionary(numbers.map { ($0.whole, $0) }, uniquingKeysWith: { first, _ in first })
    let found = try persons { wanted[$0] != nil }
    return Dictionary(
      found.compactMap { number, protection in wanted[number].map { ($0, protection) } },
      uniquingKeysWith: { first, _ in first })
  }

  /// Those in the file who are wanted, by number.
  package func persons(_ isWanted: (String) -> Bool = { _ in true }) throws(PopulationRegisterProblem) -> [String:
    Protection]
  {
    var found: [String: Protection] = [:]
    var isHeader = true
    for (index, line) in try lines().enumerated() {
      let fields = line.split(separator: ";", omittingEmptySubsequences: false).map(String.init)
      if isHeader {
        guard fields == Self.header else { throw problem(index, "the header is \(Self.header.joined(separator: ";"))") }
        isHeader = false
        continue
      }
      let protection = try self.protection(fields, index)
      guard isWanted(fields[0]) else { continue }
      if let former = found[fields[0]], former != protection { throw problem(index, "a person has two lines") }
      found[fields[0]] = protection
    }
    guard !isHeader else { throw problem(0, "the header is missing") }
    return found
  }

  private func lines() throws(PopulationRegisterProblem) -> [Substring] {
    let text: String
    do {
      text = String(decoding: try NamedFile.read(file.path, limit: Self.largest), as: UTF8.self)
    } catch {
      throw PopulationRegisterProblem(description: "the population register's file cannot be read: \(error)")
    }
    guard !text.unicodeScalars.contains("\u{FFFD}") else {
      throw PopulationRegisterProblem(description: "the population register's file is no UTF-8")
    }
    return text.split(whereSeparator: \.isNewline)
  }

  private func protection(_ fields: [String], _ index: Int) throws(PopulationRegisterProblem) -> Protection {
    guard fields.count == 4, fields[0].utf8.count == 12, fields[0].utf8.allSatisfy(WrittenNumber.isDigit) else {
      throw problem(index, "is no line of four fields with a number of twelve digits")
    }
    var marks: Set<ProtectionMark> = []
    for (field, mark) in [(fields[1], ProtectionMark.secrecyMark), (fields[2], .protectedRegistration)] {
      switch field {
      case "JA": marks.insert(mark)
      case "NEJ": break
      default: throw problem(index, "a mark is JA or NEJ")
      }
    }
    guard let checked = try? Date(fields[3], strategy: .iso8601) else {
      throw problem(index, "the time is not as 2026-03-01T06:00:00Z")
    }
    return Protection(marks, source: .populationRegister, checked: checked)
  }

  private func problem(_ index: Int, _ reason: String) -> PopulationRegisterProblem {
    PopulationRegisterProblem(description: "line \(index + 1) of the population register's file: \(reason)")
  }
}
