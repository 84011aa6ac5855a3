import Foundation
import Testing
import XMLSecurity

@testable import SDKRelay

@Suite("AS4 attacks on the signature")
struct AS4SignatureAttackTests {
  private static let wrapping = [
    Wrong(
      "signed Messaging moved into another block, a forged one in its place", .failedAuthentication, "unexpected place"
    ) { forge in
      forge.afterSigning = { envelope in
        let header = envelope.root.elements[0]
        let signed = header.elements[0]
        let forged = MessagingWriter.element(AS4Kit.message(), id: "forged")
        header.remove(signed)
        header.insert(forged, at: 0)
        header.append(XMLElement("w:Wrapper", uri: "urn:w", namespaces: [XMLNamespace(prefix: "w", uri: "urn:w")]))
          .append(signed)
      }
    },
    Wrong("signed Messaging moved into the Body", .failedAuthentication, "unexpected place") { forge in
      forge.afterSigning = { envelope in
        let header = envelope.root.elements[0]
        let signed = header.elements[0]
        header.remove(signed)
        header.insert(MessagingWriter.element(AS4Kit.message(), id: "forged"), at: 0)
        envelope.root.elements[1].append(signed)
      }
    },
    Wrong("signed Messaging as a header block beside the forged one", .invalidHeader, "eb:Messaging") { forge in
      forge.afterSigning = {
        $0.root.elements[0].insert(MessagingWriter.element(AS4Kit.message(), id: "forged"), at: 0)
      }
    },
    Wrong("signed Messaging hidden in the signature", .failedAuthentication, "other children") { forge in
      forge.afterSigning = { envelope in
        let header = envelope.root.elements[0]
        let signed = header.elements[0]
        header.remove(signed)
        header.insert(MessagingWriter.element(AS4Kit.message(), id: "forged"), at: 0)
        let signature = try #require(envelope.security.child(.ds("Signature")))
        signature.append(XMLElement(ds: "Object")).append(signed)
      }
    },
    Wrong("a second element with Messaging's id", .failedAuthentication, "occurs twice") { forge in
      forge.afterSigning = { envelope in
        let id = envelope.root.elements[0].elements[0].attribute("Id", uri: AS4Names.utility) ?? ""
        envelope.security.append(XMLElement(security: "Extra", attributes: [XMLAttribute("Id", id)]))
      }
    },
    Wrong("a second element with Messaging's id as xml:id", .failedAuthentication, "occurs twice") { forge in
      forge.afterSigning = { envelope in
        let id = envelope.root.elements[0].elements[0].attribute("Id", uri: AS4Names.utility) ?? ""
        envelope.security.append(
          XMLElement(
            security: "Extra",
            attributes: [XMLAttribute(prefix: "xml", uri: AS4Names.xml, local: "id", value: id)]))
      }
    },
    Wrong("a second Body", .invalidHeader, "S12:Body") { forge in
      forge.afterSigning = { $0.root.append(XMLElement(soap: "Body")) }
    },
    Wrong("a second Security", .failedAuthentication, "2 wsse:Security") { forge in
      forge.afterSigning = {
        $0.root.elements[0].append(XMLElement("wsse:Security", uri: AS4Names.security, namespaces: [.security]))
      }
    },
    Wrong("a second signature", .failedAuthentication, "more than one ds:Signature") { forge in
      forge.afterSigning = {
        $0.security.append(XMLElement("ds:Signature", uri: AS4Names.ds, namespaces: [.ds]))
      }
    },
    Wrong("Messaging changed after signing", .failedAuthentication, "digest differs") { forge in
      forge.soap = { $0.replacing("0203:arbetsformedling", with: "0203:nagonannan") }
    },
  ]

  @Test("X3: wrapped and doubled elements are refused")
  func wrappedRefused() throws {
    for wrong in Self.wrapping { try wrong.check() }
  }

  private static let coverage = [
    Wrong("unsigned Messaging", .policyNoncompliance, "eb:Messaging") { $0.references = { Array($0.dropFirst()) } },
    Wrong("unsigned part", .policyNoncompliance, "part 'part-1'") { $0.references = { Array($0.dropLast()) } },
    Wrong("second part unsigned", .policyNoncompliance, "part 'part-2'") {
      $0.contents = [[1], [2]]
      $0.references = { Array($0.dropLast()) }
    },
    Wrong("unsigned Body with text", .policyNoncompliance, "S12:Body") {
      $0.references = { references in [references[0]] + references.dropFirst(2) }
      $0.afterSigning = { $0.root.elements[1].append(text: "x") }
    },
    Wrong("unsigned Body with an element", .policyNoncompliance, "S12:Body") {
      $0.references = { references in [references[0]] + references.dropFirst(2) }
      $0.afterSigning = { $0.root.elements[1].append(XMLElement(soap: "x")) }
    },
    Wrong("signed Body with content", .invalidHeader, "S12:Body must be empty") {
      $0.beforeSigning = { $0.root.elements[1].append(text: "x") }
    },
    Wrong("content put into a signed empty Body", .failedAuthentication, "digest differs") {
      $0.afterSigning = { $0.root.elements[1].append(text: "x") }
    },
    Wrong("no signature", .policyNoncompliance, "not signed") {
      $0.afterSigning = { envelope in
        envelope.security.remove(try #require(envelope.security.child(.ds("Signature"))))
      }
    },
    Wrong("no Security", .policyNoncompliance, "not signed") {
      $0.afterSigning = { $0.root.elements[0].remove($0.security) }
    },
    Wrong("a reference to a part that the header does not name", .mimeInconsistency, "part-9") {
      $0.references = { references in
        var extra = references[2]
        extra.uri = "cid:part-9"
        return references + [extra]
      }
    },
  ]

  @Test("X4, TA05: what is not covered is refused")
  func uncoveredRefused() throws {
    for wrong in Self.coverage { try wrong.check() }
  }

  @Test("X4: an unsigned Body is accepted where it is empty")
  func emptyBody() throws {
    var forge = try AS4Forge(AS4Federation.shared())
    forge.references = { references in [references[0]] + references.dropFirst(2) }
    forge.afterSigning = { $0.root.elements[1].append(text: " \n") }
    _ = try AS4Kit.read(forge)
  }

  private static let transform = "http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:Transform>"
  private static let digestMethod = "http://www.w3.org/2001/04/xmlenc#sha256\"></ds:DigestMethod><ds:DigestValue>"
  private static let method = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"

  private static let algorithms = [
    Wrong.text(
      "XSLT", .policyNoncompliance, "", transform, "http://www.w3.org/TR/1999/REC-xslt-19991116\"></ds:Transform>"),
    Wrong.text(
      "XPath", .policyNoncompliance, "", transform, "http://www.w3.org/TR/1999/REC-xpath-19991116\"></ds:Transform>"),
    Wrong.text(
      "inclusive C14N", .policyNoncompliance, "", transform,
      "http://www.w3.org/TR/2001/REC-xml-c14n-20010315\"></ds:Transform>"),
    Wrong.text(
      "with comments", .policyNoncompliance, "", transform,
      "http://www.w3.org/2001/10/xml-exc-c14n#WithComments\"></ds:Transform>"),
    Wrong.text(
      "enveloped", .policyNoncompliance, "", transform,
      "http://www.w3.org/2000/09/xmldsig#enveloped-signature\"></ds:Transform>"),
    Wrong.text(
      "two transforms", .policyNoncompliance, "", transform, "\(transform)<ds:Transform Algorithm=\"\(transform)"),
    Wrong.text(
      "SHA-1 digest", .policyNoncompliance, "digest", digestMethod,
      digestMethod.replacing("2001/04/xmlenc#sha256", with: "2000/09/xmldsig#sha1")),
    Wrong.text(
      "MD5 digest", .policyNoncompliance, "digest", digestMethod,
      digestMethod.replacing("2001/04/xmlenc#sha256", with: "2001/04/xmldsig-more#md5")),
    Wrong.text(
      "case variant", .policyNoncompliance, "signature method", method,
      method.replacing("rsa-sha256", with: "RSA-SHA256")),
    Wrong.text(
      "RSA-SHA1", .policyNoncompliance, "signature method", method, "http://www.w3.org/2000/09/xmldsig#rsa-sha1"),
    Wrong.text(
      "X9: HMAC with the public key", .policyNoncompliance, "signature method", method,
      "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"),
    Wrong.text("no algorithm", .policyNoncompliance, "signature method", method, ""),
  ]

  @Test("X5, X8, X9: algorithms outside the allow-list are refused before any cryptography")
  func algorithmRefused() throws {
    for wrong in Self.algorithms { try wrong.check() }
  }

  private static let references = [
    Wrong.text("http", .failedAuthentication, "", "URI=\"#_messaging", "URI=\"http://127.0.0.1:1/#_messaging"),
    Wrong.text("file", .failedAuthentication, "", "URI=\"#_messaging", "URI=\"file:///etc/passwd#_messaging"),
    Wrong.text("xpointer", .failedAuthentication, "leads nowhere", "URI=\"#_messaging", "URI=\"#xpointer(/)_messaging"),
    Wrong("whole document", .failedAuthentication) {
      $0.references = { references in
        var references = references
        references[0].uri = ""
        return references
      }
    },
    Wrong("unknown id", .failedAuthentication, "leads nowhere") {
      $0.references = { references in
        var references = references
        references[0].uri = "#nothing"
        return references
      }
    },
    Wrong("Messaging as cid", .failedAuthentication) {
      $0.references = { references in
        var references = references
        references[0].uri = "cid:message"
        return references
      }
    },
  ]

  @Test("X11: references to elsewhere are refused, never followed")
  func referencesRefused() throws {
    for wrong in Self.references {
      // Whether shape or policy refuses it does not matter here.
      var forge = AS4Forge(try AS4Federation.shared())
      try wrong.change(&forge)
      let error = #expect(throws: EbMSError.self, "\(wrong.testDescription)") { try AS4Kit.read(forge) }
      #expect(error.map { [.failedAuthentication, .policyNoncompliance].contains($0.code) } == true)
    }
  }
}
