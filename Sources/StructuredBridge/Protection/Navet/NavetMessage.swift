import Foundation
import SDKRelay
import XMLSecurity

/// The question about one person, and what is read of its answer.
enum NavetMessage {
  static func question(_ person: PersonIdentityNumber, _ order: NavetSettings.Order) -> [UInt8] {
    let envelope = element(NavetNames.envelope, "s")
    let question = envelope.append(element(NavetNames.body, "s")).append(element(NavetNames.question, "n"))
    let ordered = question.append(element(NavetNames.order, "n"))
    ordered.append(element(NavetNames.organisation, "n"))
      .append(text: NavetNames.organisationPrefix + order.number.tenDigits)
    ordered.append(element(NavetNames.orderID, "n")).append(text: order.id)
    question.append(element(NavetNames.asked, "n")).append(text: person.whole)
    return envelope.serialized()
  }

  /// What the register says of the person; an answer is judged as a whole.
  /// - Parameter checked: when it was asked.
  /// - Throws: ``PopulationRegisterProblem``, which holds nothing of the answer.
  static func protection(
    in bytes: [UInt8], of person: PersonIdentityNumber, checked: Date
  ) throws(PopulationRegisterProblem) -> Protection {
    guard let envelope = try? XMLElement.parse(bytes, limits: limits), envelope.name == NavetNames.envelope,
      let body = envelope.child(NavetNames.body)
    else { throw PopulationRegisterProblem(description: "the answer is no SOAP message") }
    if let fault = body.child(NavetNames.fault) { throw problem(fault) }
    let posts = body.child(NavetNames.answer)?.child(NavetNames.posts)?.children(NavetNames.post) ?? []
    guard posts.count == 1, let post = posts.first, let record = post.child(NavetNames.person) else {
      throw PopulationRegisterProblem(description: "the answer has no record, or several")
    }
    guard let number = record.child(NavetNames.personID)?.child(NavetNames.number)?.text,
      sameBytes(trimmed(number), person.whole)
    else { throw PopulationRegisterProblem(description: "the answer is about another person") }
    // Whoever has the new number is for the register's own notices to say (person.identifier.changed): nobody guesses it here.
    guard record.child(NavetNames.reference) == nil else {
      throw PopulationRegisterProblem(description: "the number has been replaced by another one")
    }
    var marks: Set<ProtectionMark> = []
    if try isMarked(post, NavetNames.secrecyMark) { marks.insert(.secrecyMark) }
    if try isMarked(post, NavetNames.protectedRegistration) { marks.insert(.protectedRegistration) }
    return Protection(marks, source: .populationRegister, checked: checked)
  }

  private static func isMarked(_ post: XMLElement, _ name: XMLName) throws(PopulationRegisterProblem) -> Bool {
    let found = post.children(name)
    guard let mark = found.first else { return false }
    let word = trimmed(mark.text)
    if found.count == 1, NavetNames.yes.contains(word) { return true }
    if found.count == 1, NavetNames.no.contains(word) { return false }
    throw PopulationRegisterProblem(description: "the answer has a mark of a kind that nobody knows")
  }

  /// The code alone: the sentence may repeat what was asked.
  private static func problem(_ fault: XMLElement) -> PopulationRegisterProblem {
    let code = fault.child(NavetNames.faultCode).map { trimmed($0.text) } ?? ""
    let isPlain =
      (1...40).contains(code.utf8.count)
      && code.utf8.allSatisfy { byte in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || ":.-_".utf8.contains(byte)
      }
    return PopulationRegisterProblem(description: "the register refuses the question\(isPlain ? " (\(code))" : "")")
  }

  private static func trimmed(_ text: String) -> String { text.trimmingCharacters(in: .whitespacesAndNewlines) }

  private static func element(_ name: XMLName, _ prefix: String) -> XMLElement {
    let isOutermost = name == NavetNames.envelope
    return XMLElement(
      "\(prefix):\(name.local)", uri: name.uri,
      namespaces: isOutermost
        ? [XMLNamespace(prefix: "s", uri: NavetNames.soap), XMLNamespace(prefix: "n", uri: NavetNames.data)] : [])
  }

  private static let limits = XMLLimits(totalBytes: NavetRegister.largestAnswer)
}
