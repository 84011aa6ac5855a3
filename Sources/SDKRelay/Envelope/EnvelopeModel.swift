internal import XMLSecurity

/// The elements that the federation's profile allows, in their order (R1, R2, R14 and the XHE schema).
struct EnvelopeModel {
  let name: XMLName
  var minimum = 1
  var maximum = 1
  var attributes: Set<XMLName> = []
  var children: [EnvelopeModel]?

  static let envelope = EnvelopeModel(
    name: EnvelopeNames.root, attributes: [XMLName(XMLNamespaces.xsi, "schemaLocation")],
    children: [
      basic("XHEVersionID"), basic("CustomizationID"),
      aggregate(
        "Header",
        [
          basic("ID"), basic("CreationDateTime"),
          aggregate(
            "BusinessScope",
            [
              aggregate(
                "BusinessScopeCriterion",
                [basic("BusinessScopeCriterionTypeCode"), basic("BusinessScopeCriterionValue")], 5)
            ]),
          aggregate("FromParty", [party]), aggregate("ToParty", [party]),
        ]),
      aggregate(
        "Payloads",
        [
          aggregate(
            "Payload",
            [
              basic("DocumentTypeCode"), basic("ContentTypeCode"), basic("HandlingServiceID", minimum: 0),
              basic("InstanceEncryptionIndicator"), EnvelopeModel(name: EnvelopeNames.payloadContent),
            ])
        ]),
      // What is in a signature is its own policy's matter.
      EnvelopeModel(name: EnvelopeNames.signature, minimum: 0, attributes: [XMLName("", "Id")]),
    ])

  private static let party = aggregate(
    "PartyIdentification",
    [EnvelopeModel(name: EnvelopeNames.basic("ID"), attributes: [XMLName("", "schemeID")], children: [])])

  private static func basic(_ local: String, minimum: Int = 1) -> EnvelopeModel {
    EnvelopeModel(name: EnvelopeNames.basic(local), minimum: minimum, children: [])
  }

  private static func aggregate(_ local: String, _ children: [EnvelopeModel], _ count: Int = 1) -> EnvelopeModel {
    EnvelopeModel(name: EnvelopeNames.aggregate(local), minimum: count, maximum: count, children: children)
  }

  /// Everything that is wrong with an element that has this model's name.
  func faults(in element: XMLElement) -> [EnvelopeFault] {
    var faults: [EnvelopeFault] = []
    func fault(_ rule: String, _ place: XMLElement, _ text: String) {
      faults.append(EnvelopeFault(rule: rule, xpath: place.path, text: text))
    }
    for attribute in element.attributes where !attributes.contains(attribute.name) {
      fault("R1", element, "has an attribute that the profile does not have")
    }
    for attribute in element.attributes where attribute.value.isEmpty { fault("R2", element, "has an empty attribute") }
    guard let children else { return faults }
    guard !children.isEmpty else {
      if !element.elements.isEmpty { fault("R1", element, "has child elements where text is expected") }
      if element.text.trimmingXMLSpace.isEmpty { fault("R2", element, "is empty") }
      return faults
    }
    if !element.text.trimmingXMLSpace.isEmpty { fault("XSD", element, "has text between its elements") }
    if element.elements.isEmpty { fault("R2", element, "is empty") }
    for child in element.elements where !children.contains(where: { $0.name == child.name }) {
      fault("R1", child, "is not an element of the profile here")
    }
    for model in children {
      let found = element.children(model.name)
      if found.count < model.minimum { fault("R14", element, "has too few \(model.name.local)") }
      if found.count > model.maximum { fault("R14", element, "has too many \(model.name.local)") }
      for child in found { faults += model.faults(in: child) }
    }
    if faults.isEmpty, !isInOrder(element, children) { fault("XSD", element, "has its elements in another order") }
    return faults
  }

  private func isInOrder(_ element: XMLElement, _ children: [EnvelopeModel]) -> Bool {
    let order = Dictionary(children.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    let places = element.elements.compactMap { order[$0.name] }
    return zip(places, places.dropFirst()).allSatisfy { $0 <= $1 }
  }
}
