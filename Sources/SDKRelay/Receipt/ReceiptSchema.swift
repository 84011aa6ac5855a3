import XMLSecurity

/// The elements of a message receipt as a ``ContentModel``: the published reduction of UBL 2.1 ApplicationResponse.
enum ReceiptSchema {
  static let response = "urn:oasis:names:specification:ubl:schema:xsd:ApplicationResponse-2"
  static let aggregate = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
  static let basic = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"

  static let customization = "urn:fdc:digg.se:edelivery:messagetype:response:1"
  static let profile = "bdx:noprocess"
  static let accepted = "ACCEPTED"
  static let rejected = "REJECTED"

  static let model = ContentModel(
    root: Particle(XMLName(response, "ApplicationResponse"), document),
    prefixes: [response: "", aggregate: "cac", basic: "cbc"])

  private typealias Particle = ContentModel.Particle
  private typealias ElementType = ContentModel.ElementType

  private static let document = ElementType(
    XMLName(response, "ApplicationResponseType"),
    .sequence(
      [
        identifier("CustomizationID"), identifier("ProfileID"), identifier("ID"), value("IssueDate", .date),
        value("IssueTime", .time), group("SenderParty", party), group("ReceiverParty", party),
        group("DocumentResponse", documentResponse),
      ], tail: false))

  private static let party = sequence("PartyType", [identifier("EndpointID")])

  private static let documentResponse = sequence(
    "DocumentResponseType",
    [
      group("Response", responseType),
      group("DocumentReference", sequence("DocumentReferenceType", [identifier("ID")])),
      group("LineResponse", lineResponse, 0, .max),
    ])

  private static let lineResponse = sequence(
    "LineResponseType",
    [group("LineReference", sequence("LineReferenceType", [identifier("LineID")])), group("Response", responseType)])

  /// The same type for the document and its lines, as in the XSD; who has a status and who not is R1 and R9.
  private static let responseType = sequence(
    "ResponseType", [value("ResponseCode", .normalizedString), group("Status", status, 0)])

  private static let status = sequence(
    "StatusType", [value("StatusReasonCode", .normalizedString, 0), value("StatusReason", .string)])

  private static func group(
    _ local: String, _ type: ElementType, _ minimum: Int = 1, _ maximum: Int = 1
  ) -> Particle {
    Particle(XMLName(aggregate, local), type, minimum, maximum)
  }

  private static func sequence(_ name: String, _ particles: [Particle]) -> ElementType {
    ElementType(XMLName(aggregate, name), .sequence(particles, tail: false))
  }

  private static func value(_ local: String, _ type: SimpleType, _ minimum: Int = 1) -> Particle {
    Particle(XMLName(basic, local), ElementType(XMLName(basic, local + "Type"), .simple(type)), minimum)
  }

  private static func identifier(_ local: String) -> Particle {
    let type = ElementType(
      XMLName(basic, local + "Type"), .simple(.normalizedString), attributes: ["schemeID"])
    return Particle(XMLName(basic, local), type)
  }
}
