internal import XMLSecurity

/// Reads the header from an envelope's tree and applies the profile's rules, in their numbered order.
struct EnvelopeRules {
  private(set) var faults: [EnvelopeFault] = []
  /// The header; nil where a fault keeps it from being read.
  private(set) var header: EnvelopeHeader?

  private let root: XMLElement
  private let hasContentText: Bool

  /// - Parameter hasContentText: whether the payload's place has text, which the tree does not hold.
  init(_ root: XMLElement, hasContentText: Bool) {
    self.root = root
    self.hasContentText = hasContentText
    guard root.name == EnvelopeNames.root else {
      faults = [EnvelopeFault(rule: "XSD", xpath: root.path, text: "is not an XHE envelope")]
      return
    }
    // R1, R2, R14 and the schema.
    faults = EnvelopeModel.envelope.faults(in: root)
    checkPlaceOfSignature()
    // R3 and R9: which profile of which version.
    check("R9", ["XHEVersionID"], is: EnvelopeNames.version)
    check("R3", ["CustomizationID"], is: EnvelopeNames.customization)
    let criteria = readCriteria()
    checkIdentity()
    checkParties()
    checkTimes()
    let isEncrypted = checkEncryption()
    guard faults.isEmpty, let isEncrypted else { return }
    readHeader(criteria, isEncrypted: isEncrypted)
  }

  /// The element at a fixed path below the root.
  static func element(_ path: [String], in root: XMLElement) -> XMLElement? {
    path.reduce(Optional(root)) { element, local in
      element?.child(EnvelopeNames.basic(local)) ?? element?.child(EnvelopeNames.aggregate(local))
    }
  }

  private func text(_ path: [String]) -> String? {
    Self.element(path, in: root)?.text.trimmingXMLSpace
  }

  private mutating func fault(_ rule: String, _ path: [String], _ text: String) {
    let place = Self.element(path, in: root)?.path ?? "/XHE/" + path.joined(separator: "/")
    faults.append(EnvelopeFault(rule: rule, xpath: place, text: text))
  }

  private mutating func check(_ rule: String, _ path: [String], is expected: String) {
    guard let text = text(path), text != expected else { return }
    fault(rule, path, "must be \(expected)")
  }

  /// The one signature is the last element. Where it stands elsewhere it may have been moved (signature wrapping).
  private mutating func checkPlaceOfSignature() {
    let signatures = root.children(EnvelopeNames.signature)
    guard let signature = signatures.first else { return }
    if signatures.count > 1 || root.elements.last !== signature {
      faults.append(EnvelopeFault(rule: "SDK", xpath: signature.path, text: "must be the one last element"))
    }
  }

  // MARK: R4–R8

  private static let codes = [
    ("R4", "DOCUMENTID"), ("R5", "DOCUMENTID_SCHEME"), ("R6", "PROCESSID"), ("R7", "PROCESSID_SCHEME"),
    ("R8", "FEDERATIONID"),
  ]

  private mutating func readCriteria() -> [String: String] {
    let path = ["Header", "BusinessScope"]
    var criteria: [String: String] = [:]
    for criterion in Self.element(path, in: root)?.elements ?? [] {
      let code = criterion.child(EnvelopeNames.basic("BusinessScopeCriterionTypeCode"))?.text.trimmingXMLSpace ?? ""
      let value = criterion.child(EnvelopeNames.basic("BusinessScopeCriterionValue"))?.text.trimmingXMLSpace ?? ""
      if criteria.updateValue(value, forKey: code) != nil { fault("R14", path, "has one criterion twice") }
    }
    for (rule, code) in Self.codes {
      guard let value = criteria[code] else {
        fault(rule, path, "has no criterion \(code)")
        continue
      }
      if let expected = Self.schemes[code], value != expected { fault(rule, path, "must have the \(code) \(expected)") }
    }
    return criteria
  }

  // The schemes are fixed; what is identified in them is compared with the AS4 message's addresses.
  private static let schemes = [
    "DOCUMENTID_SCHEME": DocumentID.scheme, "PROCESSID_SCHEME": EnvelopeHeader.processScheme,
  ]

  private mutating func checkIdentity() {
    let path = ["Header", "ID"]
    guard let id = text(path), !id.isEmpty else { return }
    if MessageID(id) == nil { fault("SDK", path, "is not a UUID") }
  }

  // MARK: R10, R11

  private mutating func checkParties() {
    for (rule, role) in [("R10", "FromParty"), ("R11", "ToParty")] {
      let path = ["Header", role, "PartyIdentification", "ID"]
      guard let id = Self.element(path, in: root) else { continue }
      if id.attribute("schemeID") != ParticipantID.scheme {
        fault(rule, path, "must have schemeID \(ParticipantID.scheme)")
      }
      if (try? ParticipantID(id.text.trimmingXMLSpace)) == nil { fault("SDK", path, "is not a participant identifier") }
    }
  }

  private mutating func checkTimes() {
    let path = ["Header", "CreationDateTime"]
    guard let text = text(path), !text.isEmpty else { return }
    let hasZone = text.hasSuffix("Z") || text.suffix(6).first.map { "+-".contains($0) } == true
    if SimpleType.dateTime.problem(with: text) != nil {
      fault("XSD", path, "is not an xs:dateTime")
    } else if !hasZone {
      fault("SDK", path, "has no time zone")
    }
  }

  // MARK: R12, R13

  private mutating func checkEncryption() -> Bool? {
    let path = ["Payloads", "Payload"]
    guard let indicator = text(path + ["InstanceEncryptionIndicator"]),
      let content = Self.element(path + ["PayloadContent"], in: root)
    else { return nil }
    guard let isEncrypted = SimpleType.boolean(indicator) else {
      fault("XSD", path + ["InstanceEncryptionIndicator"], "is not an xs:boolean")
      return nil
    }
    let hasEncryptedData = content.child(EnvelopeNames.encryptedData) != nil
    if isEncrypted && !hasEncryptedData { fault("R12", path + ["PayloadContent"], "has no EncryptedData") }
    if !isEncrypted && hasEncryptedData { fault("R13", path + ["PayloadContent"], "has EncryptedData") }
    if content.elements.count > 1 { fault("R14", path + ["PayloadContent"], "has more than one element") }
    let isElement = isEncrypted || text(path + ["ContentTypeCode"]) == EnvelopeHeader.xml
    if !isEncrypted && (isElement ? content.elements.isEmpty : !hasContentText) {
      fault("R2", path + ["PayloadContent"], "is empty")
    }
    // The schema's ##other: neither the envelope's own namespace nor none.
    for element in content.elements where element.uri.isEmpty || element.uri == EnvelopeNames.aggregate {
      fault("XSD", path + ["PayloadContent"], "has an element of a namespace that no payload has")
    }
    // One reader's payload would be another reader's decoration.
    if isElement && hasContentText { fault("SDK", path + ["PayloadContent"], "has text beside the payload's element") }
    if !isElement && !content.elements.isEmpty {
      fault("SDK", path + ["PayloadContent"], "has an element where base64 is expected")
    }
    return isEncrypted
  }

  private mutating func readHeader(_ criteria: [String: String], isEncrypted: Bool) {
    func participant(_ role: String) -> ParticipantID? {
      text(["Header", role, "PartyIdentification", "ID"]).flatMap { try? ParticipantID($0) }
    }
    guard let from = participant("FromParty"), let to = participant("ToParty") else { return }
    var header = EnvelopeHeader(
      id: text(["Header", "ID"]) ?? "", createdText: text(["Header", "CreationDateTime"]) ?? "",
      documentID: DocumentID(criteria["DOCUMENTID"] ?? ""), federationID: criteria["FEDERATIONID"] ?? "", from: from,
      to: to, documentTypeCode: text(["Payloads", "Payload", "DocumentTypeCode"]) ?? "",
      handlingServiceID: text(["Payloads", "Payload", "HandlingServiceID"]), isEncrypted: isEncrypted)
    header.documentScheme = criteria["DOCUMENTID_SCHEME"] ?? ""
    header.processID = criteria["PROCESSID"] ?? ""
    header.processScheme = criteria["PROCESSID_SCHEME"] ?? ""
    header.contentTypeCode = text(["Payloads", "Payload", "ContentTypeCode"]) ?? ""
    self.header = header
  }
}
