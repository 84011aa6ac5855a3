public import Foundation
public import SDKRelay

/// Reads one version of an agreement. Every key must be known and every rule kept; problems name file, line, key and
/// reason.
struct AgreementFile {
  let agreement: Agreement
  /// For problems that only show beside other files.
  let root: SettingsSection
  let name: String

  init(_ url: URL) throws(SettingsProblem) {
    try self.init(SettingsFile.open(url), name: url.lastPathComponent)
  }

  init(_ root: SettingsSection, name: String) throws(SettingsProblem) {
    self.root = root
    self.name = name
    agreement = try Agreement(root)
  }
}

extension Agreement {
  /// Reads one version by itself.
  public init(file: URL) throws(SettingsProblem) {
    try self.init(SettingsFile.open(file))
  }

  init(_ root: SettingsSection) throws(SettingsProblem) {
    try root.allow(
      "id", "version", "date", "title", "validity", "legalBasis", "parties", "routes", "fileTypes", "maximumSize",
      "answerWithinWorkingDays", "retention", "linksByPersonNumber",
      "personNumbersInReferences", "structuredInformation")
    id = try root.value("id", expected: "1 to 64 lower-case letters, digits and inner hyphens") {
      AgreementReference.isID($0) ? $0 : nil
    }
    version = try root.count("version", in: 1...9_999)
    date = try root.day("date")
    title = try root.text("title")
    validity = try Validity(root.section("validity"))
    legalBasis = try root.values("legalBasis", expected: "1 to 1000 characters") { $0.count <= 1_000 ? $0 : nil }
    guard !legalBasis.isEmpty else { throw root.problem("legalBasis", "must name at least one rule of law") }
    let parties = try Self.parties(root)
    self.parties = parties
    routes = try Self.routes(root, between: parties)
    fileTypes = try Self.fileTypes(root)
    maximumSize = try root.size("maximumSize")
    answerWithinWorkingDays = try root.count("answerWithinWorkingDays", in: 1...366)
    retention = try Retention(root.section("retention"))
    linksByPersonNumber = try root.bool("linksByPersonNumber", default: false)
    personNumbersInReferences = try root.bool("personNumbersInReferences", default: false)
    structuredInformation = try root.choice("structuredInformation", default: .warn)
  }

  private static func parties(_ root: SettingsSection) throws(SettingsProblem) -> [Party] {
    var parties: [Party] = []
    for section in try root.sections("parties") {
      let party = try Party(section)
      guard !parties.contains(where: { $0.participant == party.participant }) else {
        throw section.problem("participant", "the same party twice")
      }
      parties.append(party)
    }
    guard parties.count >= 2 else { throw root.problem("parties", "must name at least two organisations") }
    return parties
  }

  private static func routes(
    _ root: SettingsSection, between parties: [Party]
  ) throws(SettingsProblem) -> [Route] {
    var routes: [Route] = []
    for section in try root.sections("routes") {
      let route = try Route(section, between: parties)
      guard !routes.contains(where: { $0.from == route.from && $0.to == route.to }) else {
        throw section.problem("from", "the same route twice: name all its kinds in one place")
      }
      routes.append(route)
    }
    guard !routes.isEmpty else { throw root.problem("routes", "must name at least one: nothing could be written") }
    return routes
  }

  private static func fileTypes(_ root: SettingsSection) throws(SettingsProblem) -> [String] {
    let types = try root.values("fileTypes", expected: "a media type in lower case, such as application/pdf") { text in
      text.wholeMatch(of: /[a-z0-9][a-z0-9!#$&^_.+\-]*\/[a-z0-9][a-z0-9!#$&^_.+\-]*/) == nil ? nil : text
    }
    guard types.contains("application/pdf") else {
      throw root.problem("fileTypes", "application/pdf is mandatory for every participant")
    }
    return types
  }
}

extension Agreement.Validity {
  init(_ section: SettingsSection) throws(SettingsProblem) {
    try section.allow("from", "to")
    from = try section.day("from")
    to = try section.optionalDay("to")
    if let to, to < from { throw section.problem("to", "ends before it begins, on \(from)") }
  }
}

extension Agreement.Party {
  init(_ section: SettingsSection) throws(SettingsProblem) {
    try section.allow("participant", "name", "administrator", "mailboxes")
    participant = try section.value("participant", expected: "a participant id such as 0203:kommun.example.se") {
      try ParticipantID($0)
    }
    name = try section.text("name")
    administrator = try Agreement.Administrator(section.section("administrator"))
    var mailboxes: [Agreement.Mailbox] = []
    for box in try section.sections("mailboxes") {
      let mailbox = try Agreement.Mailbox(box)
      guard !mailboxes.contains(where: { $0.address == mailbox.address }) else {
        throw box.problem("address", "the same mailbox twice")
      }
      mailboxes.append(mailbox)
    }
    guard !mailboxes.isEmpty else { throw section.problem("mailboxes", "must name at least one") }
    self.mailboxes = mailboxes
  }
}

extension Agreement.Administrator {
  init(_ section: SettingsSection) throws(SettingsProblem) {
    try section.allow("name", "contact")
    name = try section.text("name")
    contact = try section.text("contact")
  }
}

extension Agreement.Mailbox {
  init(_ section: SettingsSection) throws(SettingsProblem) {
    try section.allow("address", "name", "purpose", "hours", "contact", "protectedPersons")
    address = try section.value("address", expected: "a functional address of 1 to 256 characters") {
      try FunctionalAddress($0)
    }
    name = try section.text("name")
    purpose = try section.text("purpose", most: 1_000)
    hours = try section.text("hours")
    contact = try section.text("contact")
    protectedPersons = try section.bool("protectedPersons", default: false)
  }
}

extension Agreement.Retention {
  init(_ section: SettingsSection) throws(SettingsProblem) {
    try section.allow("days", "rule")
    days = try section.count("days", in: 1...36_600)
    rule = try section.text("rule", most: 1_000)
  }
}

extension Agreement.Route {
  init(_ section: SettingsSection, between parties: [Agreement.Party]) throws(SettingsProblem) {
    try section.allow("from", "to", "kinds")
    from = try Self.place(section, "from", among: parties)
    to = try Self.place(section, "to", among: parties)
    guard from.participant != to.participant else { throw section.problem("to", "is of the same party as from") }
    let words = InformationKind.allCases.map(\.rawValue).joined(separator: ", ")
    let named = try section.values("kinds", expected: "one of \(words)") { InformationKind(rawValue: $0) }
    guard !named.isEmpty else { throw section.problem("kinds", "must name at least one of \(words)") }
    guard Set(named).count == named.count else { throw section.problem("kinds", "names the same kind twice") }
    kinds = InformationKind.allCases.filter(named.contains)
  }

  /// A mailbox by its address, or by `ORGANISATION/ADDRESS` where two parties have the same address.
  private static func place(
    _ section: SettingsSection, _ key: String, among parties: [Agreement.Party]
  ) throws(SettingsProblem) -> Agreement.Place {
    let text = try section.string(key)
    let places = parties.flatMap { party in
      party.mailboxes.map { Agreement.Place(participant: party.participant, address: $0.address) }
    }
    let found = places.filter { place in
      let address = place.address.value
      return [address, "\(place.participant)/\(address)"].contains { $0.utf8.elementsEqual(text.utf8) }
    }
    guard let place = found.first else {
      throw section.problem(key, "is no mailbox that a party of this agreement lists: “\(text)”")
    }
    guard found.count == 1 else {
      throw section.problem(key, "is a mailbox of several parties: write ORGANISATION/\(text)")
    }
    return place
  }
}

extension AgreementReference {
  /// Whether the text may be an agreement's id.
  static func isID(_ text: String) -> Bool {
    text.utf8.count <= 64 && text.wholeMatch(of: /[a-z0-9]+(-[a-z0-9]+)*/) != nil
  }
}

extension SettingsSection {
  fileprivate func text(_ key: String, most: Int = 256) throws(SettingsProblem) -> String {
    try value(key, expected: "1 to \(most) characters") { (1...most).contains($0.count) ? $0 : nil }
  }

  fileprivate func count(_ key: String, in range: ClosedRange<Int>) throws(SettingsProblem) -> Int {
    try value(key, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)") { text in
      Int(text).flatMap { range.contains($0) ? $0 : nil }
    }
  }

  fileprivate func size(_ key: String) throws(SettingsProblem) -> Int {
    guard has(key) else { throw problem(key, "is missing") }
    return try bytes(key, default: 1)
  }

  fileprivate func day(_ key: String) throws(SettingsProblem) -> Day {
    try value(key, expected: "a day such as 2026-03-01") { Day($0) }
  }

  fileprivate func optionalDay(_ key: String) throws(SettingsProblem) -> Day? {
    try optionalValue(key, expected: "a day such as 2026-03-01") { Day($0) }
  }
}
