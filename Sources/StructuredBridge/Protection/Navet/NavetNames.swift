package import XMLSecurity

/// The names on the wire of the population register's service for authorities (Navet, `epersondata`, `personpostXML`): SOAP 1.1
/// over mutual TLS, one person a question.
///
/// They are as published clients of the service use them; the service's own description is given to its customers only, and
/// nothing here has been tried against the service itself. When that shows another name, this file changes and nothing else.
package enum NavetNames {
  package static let soap = "http://schemas.xmlsoap.org/soap/envelope/"
  package static let data = "http://xmls.skatteverket.se/se/skatteverket/folkbokforing/na/epersondata/V1"

  package static let envelope = XMLName(soap, "Envelope")
  package static let body = XMLName(soap, "Body")
  package static let fault = XMLName(soap, "Fault")
  /// Without a namespace, as SOAP 1.1 has it. What else a fault says is text, and is not repeated.
  package static let faultCode = XMLName("", "faultcode")

  package static let question = XMLName(data, "PersonpostRequest")
  package static let order = XMLName(data, "Bestallning")
  package static let organisation = XMLName(data, "OrgNr")
  package static let orderID = XMLName(data, "BestallningsId")
  package static let asked = XMLName(data, "PersonId")

  package static let answer = XMLName(data, "PersonpostXMLResponse")
  package static let posts = XMLName(data, "Folkbokforingsposter")
  // What is within has no namespace.
  package static let post = XMLName("", "Folkbokforingspost")
  package static let secrecyMark = XMLName("", "Sekretessmarkering")
  package static let protectedRegistration = XMLName("", "SkyddadFolkbokforing")
  package static let person = XMLName("", "Personpost")
  package static let personID = XMLName("", "PersonId")
  package static let number = XMLName("", "PersonNr")
  /// The number that has taken this one's place.
  package static let reference = XMLName("", "HanvisningsPersonNr")

  /// A mark that is there without one of these words is no answer.
  package static let yes: Set<String> = ["J", "JA"]
  package static let no: Set<String> = ["N", "NEJ"]

  package static let action = ("SOAPAction", "\"\"")
  package static let contentType = "text/xml; charset=utf-8"
  /// The century's digits before an organisation's ten.
  package static let organisationPrefix = "16"
}
