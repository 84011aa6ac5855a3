import XMLSecurity

/// A SOAP 1.2 envelope whose header blocks and ids are unambiguous. Nothing is authenticated yet.
///
/// The elements found here by fixed path are the very nodes that are digested and then processed (threat X3).
struct SOAPEnvelope {
  let root: XMLElement
  let header: XMLElement
  let body: XMLElement
  let messaging: XMLElement
  let security: XMLElement?
  /// Every element that carries an id, by that id.
  let elementByID: [ExactText: XMLElement]
  /// The message's id, where it can be read.
  let messageID: String?

  init(parsing bytes: [UInt8]) throws(EbMSError) {
    let root = try Self.parse(bytes)
    self.root = root
    (header, body) = try Self.headerAndBody(root)
    messaging = try Self.one(.ebms("Messaging"), "eb:Messaging", in: header)
    messageID = MessagingReader.messageID(in: messaging)
    do throws(EbMSError) {
      try Self.checkUnderstood(header)
      let securities = header.children(.security("Security"))
      guard securities.count <= 1 else {
        throw EbMSError(.failedAuthentication, "S12:Header holds \(securities.count) wsse:Security")
      }
      security = securities.first
      elementByID = try Self.index(root)
    } catch {
      throw error.about(messageID)
    }
  }

  /// Whether the Body holds neither elements nor text.
  var isBodyEmpty: Bool {
    body.elements.isEmpty && body.text.utf8.allSatisfy(isXMLSpace)
  }

  private static func parse(_ bytes: [UInt8]) throws(EbMSError) -> XMLElement {
    let root: XMLElement
    do {
      root = try XMLElement.parse(bytes, limits: .soap)
    } catch let problem as XMLProblem {
      throw EbMSError(.invalidHeader, "SOAP part: \(problem.description)")
    } catch {
      throw EbMSError(.invalidHeader, "SOAP part: cannot be read")
    }
    guard root.name == .soap("Envelope") else {
      throw EbMSError(.invalidHeader, "SOAP part: the root is not a SOAP 1.2 Envelope")
    }
    return root
  }

  private static func headerAndBody(_ root: XMLElement) throws(EbMSError) -> (XMLElement, XMLElement) {
    let names = root.elements.map(\.name)
    guard names == [.soap("Header"), .soap("Body")] else {
      throw EbMSError(.invalidHeader, "S12:Envelope: one S12:Header, then one S12:Body, is expected")
    }
    return (root.elements[0], root.elements[1])
  }

  private static func one(_ name: XMLName, _ shown: String, in header: XMLElement) throws(EbMSError) -> XMLElement {
    let found = header.children(name)
    guard found.count == 1 else {
      throw EbMSError(.invalidHeader, "S12:Header: exactly one \(shown) is expected, not \(found.count)")
    }
    return found[0]
  }

  /// SOAP 1.2 §5.2.3: a mandatory block that is not understood ends the processing, where it is meant for this node.
  private static func checkUnderstood(_ header: XMLElement) throws(EbMSError) {
    let known: Set<XMLName> = [.ebms("Messaging"), .security("Security")]
    for block in header.elements where !known.contains(block.name) && isForUs(block) {
      let flag = block.attribute("mustUnderstand", uri: AS4Names.soap)
      guard flag == nil || flag == "false" || flag == "0" else {
        throw EbMSError(.invalidHeader, "S12:Header/\(shown(block.local)) must be understood and is not")
      }
    }
  }

  /// SOAP 1.2 §2.2 and §2.4: every node acts as next, and this one as the ultimate receiver.
  private static func isForUs(_ block: XMLElement) -> Bool {
    guard let role = block.attribute("role", uri: AS4Names.soap)?.trimmingXMLSpace, !role.isEmpty else { return true }
    return ["next", "ultimateReceiver"].contains { role == "\(AS4Names.soap)/role/\($0)" }
  }

  /// Ids of whatever attribute, so that no reader can take another element for the signed one (threat X3).
  private static func index(_ root: XMLElement) throws(EbMSError) -> [ExactText: XMLElement] {
    var found: [ExactText: XMLElement] = [:]
    var rest = [root]
    while let element = rest.popLast() {
      for attribute in element.attributes where attribute.local.lowercased() == "id" {
        // Some products give one element the same id by two attributes.
        if let other = found.updateValue(element, forKey: ExactText(attribute.value)), other !== element {
          throw EbMSError(.failedAuthentication, "the id \(shown(attribute.value)) occurs twice")
        }
      }
      rest.append(contentsOf: element.elements)
    }
    return found
  }
}
