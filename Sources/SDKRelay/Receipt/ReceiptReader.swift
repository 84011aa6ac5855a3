import Foundation
public import XMLSecurity

/// What came of reading a receipt. Whatever it is, a receipt is never answered (SDK-KVT-05).
public enum ReceiptReading: Sendable {
  /// Not XML that may be read.
  case unreadable(XMLProblem)
  /// Rules are broken: all of them, at most 50. At least one.
  case invalid([ReceiptProblem])
  case valid(ApplicationResponse)
}

/// Reads message receipts and checks them against R1-APP to R9-APP.
public enum ReceiptReader {
  /// - Parameter bytes: the document, up to 256 kB.
  public static func read(_ bytes: [UInt8]) -> ReceiptReading {
    let validator = SchemaValidator(ReceiptSchema.model, maximumProblems: PayloadLimits.maximumProblems)
    let parser = XMLStreamParser(limits: .receipt, handler: validator)
    do {
      try parser.write(bytes)
      try parser.close()
    } catch let problem as XMLProblem {
      return .unreadable(problem)
    } catch {
      return .invalid([ReceiptProblem(rule: .cardinality, text: "The receipt could not be read.")])
    }
    let problems = ReceiptChecks(validator).problems()
    guard problems.isEmpty, let root = validator.root, let receipt = ReceiptBuilder.receipt(root) else {
      let unknown = ReceiptProblem(rule: .cardinality, text: "The receipt does not follow its schema.")
      return .invalid(problems.isEmpty ? [unknown] : Array(problems.prefix(PayloadLimits.maximumProblems)))
    }
    return .valid(receipt)
  }
}

/// R1-APP to R9-APP, each as one check.
struct ReceiptChecks {
  private let validator: SchemaValidator

  init(_ validator: SchemaValidator) {
    self.validator = validator
  }

  func problems() -> [ReceiptProblem] {
    let schema = validator.violations.map {
      // The schema knows both rules: an element beyond the list, and one too few or of the wrong type.
      ReceiptProblem(rule: $0.isUnlisted ? .listedElements : .cardinality, xpath: $0.path, text: $0.text)
    }
    let empty = validator.emptyElements.map {
      ReceiptProblem(rule: .notEmpty, xpath: $0, text: "The element is included but empty.")
    }
    let emptyAttributes = validator.emptyAttributes.map {
      ReceiptProblem(rule: .notEmpty, xpath: $0, text: "The attribute is included but empty.")
    }
    guard let root = validator.root else { return schema + empty + emptyAttributes }
    return schema + empty + emptyAttributes + statuses(root) + constants(root) + year(root) + outcome(root)
      + parties(root)
  }

  /// R1-APP and R9-APP beyond the schema: the document's response has no status, each line's has one.
  private func statuses(_ root: SchemaNode) -> [ReceiptProblem] {
    let ofDocument = root.find("DocumentResponse", "Response", "Status").map {
      ReceiptProblem(rule: .listedElements, xpath: $0.path, text: "Only the responses of lines have a status.")
    }
    let ofLines = root.find("DocumentResponse", "LineResponse", "Response").filter { $0["Status"] == nil }.map {
      ReceiptProblem(rule: .cardinality, xpath: $0.path, text: "The response of a line has a status.")
    }
    return ofDocument + ofLines
  }

  /// R3-APP and R4-APP.
  private func constants(_ root: SchemaNode) -> [ReceiptProblem] {
    let fixed: [(String, ReceiptRule, String)] = [
      ("CustomizationID", .customization, ReceiptSchema.customization), ("ProfileID", .profile, ReceiptSchema.profile),
    ]
    return fixed.flatMap { name, rule, value in
      root.all(name).filter { $0.text.trimmingXMLSpace != value }.map {
        ReceiptProblem(rule: rule, xpath: $0.path, text: "\(name) should be '\(value)'.")
      }
    }
  }

  /// R9-APP: the schema has no last year, but no date beyond 9999 can be meant.
  private func year(_ root: SchemaNode) -> [ReceiptProblem] {
    root.all("IssueDate").filter { node in
      var scanner = DateTimeScanner(node.text.trimmingXMLSpace)
      return scanner.date() && !(1...9999).contains(scanner.year)
    }.map { ReceiptProblem(rule: .cardinality, xpath: $0.path, text: "IssueDate is not a year of four digits.") }
  }

  /// R5-APP, R7-APP and R8-APP.
  private func outcome(_ root: SchemaNode) -> [ReceiptProblem] {
    root.find("DocumentResponse", "Response", "ResponseCode").compactMap { code in
      let hasLines = !root.find("DocumentResponse", "LineResponse").isEmpty
      switch code.text.trimmingXMLSpace {
      case ReceiptSchema.accepted:
        guard hasLines else { return nil }
        return ReceiptProblem(rule: .acceptedWithoutLines, xpath: code.path, text: "ACCEPTED has no LineResponse.")
      case ReceiptSchema.rejected:
        guard !hasLines else { return nil }
        return ReceiptProblem(rule: .rejectedWithLines, xpath: code.path, text: "REJECTED has a LineResponse.")
      default:
        return ReceiptProblem(rule: .responseCode, xpath: code.path, text: "ResponseCode is ACCEPTED or REJECTED.")
      }
    }
  }

  private func parties(_ root: SchemaNode) -> [ReceiptProblem] {
    (root.find("SenderParty", "EndpointID") + root.find("ReceiverParty", "EndpointID")).filter { endpoint in
      let scheme = endpoint.attributes.first { $0.uri.isEmpty && $0.local == "schemeID" }?.value
      return scheme != ParticipantID.scheme || ReceiptBuilder.participant(endpoint) == nil
    }.map { ReceiptProblem(rule: .parties, xpath: $0.path, text: "EndpointID is not a participant of the scheme.") }
  }
}

/// Makes an ``ApplicationResponse`` of a tree that has passed every check; nil where it has not.
enum ReceiptBuilder {
  static func receipt(_ root: SchemaNode) -> ApplicationResponse? {
    guard let id = value(root["ID"]), let date = value(root["IssueDate"]), let time = value(root["IssueTime"]),
      let issued = issued(date, time), let sender = participant(root["SenderParty"]?["EndpointID"]),
      let receiver = participant(root["ReceiverParty"]?["EndpointID"]), let response = root["DocumentResponse"],
      let reference = value(response["DocumentReference"]?["ID"]),
      let code = value(response["Response"]?["ResponseCode"])
    else { return nil }
    let lines = response.all("LineResponse").map(line)
    return ApplicationResponse(
      id: id, issued: issued, sender: sender, receiver: receiver, documentReference: reference,
      outcome: code == ReceiptSchema.accepted ? .accepted : .rejected(lines))
  }

  static func participant(_ endpoint: SchemaNode?) -> ParticipantID? {
    value(endpoint).flatMap { try? ParticipantID($0) }
  }

  private static func line(_ node: SchemaNode) -> LineResponse {
    let status = node["Response"]?["Status"]
    return LineResponse(
      lineID: value(node["LineReference"]?["LineID"]) ?? PayloadProblem.nowhere,
      causeCode: value(node["Response"]?["ResponseCode"]) ?? "", reasonCode: value(status?["StatusReasonCode"]),
      reason: status?["StatusReason"]?.text ?? "")
  }

  /// The moment of a date and a time, whose zones are optional in the schema; UTC where none is given.
  private static func issued(_ date: String, _ time: String) -> Date? {
    var scanner = DateTimeScanner(date)
    guard scanner.date(), (1...9999).contains(scanner.year) else { return nil }
    return UTCTimestamp.date("\(date.prefix(10))T\(time)")
  }

  private static func value(_ node: SchemaNode?) -> String? {
    node.map { $0.text.trimmingXMLSpace }
  }
}
