import Foundation
import SDKRelay
import XMLSecurity

/// `message.html`: a message as people read it, whole in one file beside its attachments. Its form is HTML that is XML
/// too; it loads nothing and runs nothing.
struct ReadableMessage {
  let archived: ArchivedMessage
  let attachments: [ArchivedAttachment]
  let hasEvidence: Bool

  private var message: StoredMessage { archived.message }

  private static let head = """
    <!DOCTYPE html>
    <html xmlns="http://www.w3.org/1999/xhtml" lang="sv" xml:lang="sv"><head><meta charset="utf-8"/>\
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>\
    <style>body{font-family:sans-serif;max-width:50em;margin:2em auto;padding:0 1em}th{text-align:left;\
    vertical-align:top;padding-right:1em}pre{white-space:pre-wrap;font-family:inherit}</style><title>
    """

  func write(into sink: any ByteSink) throws {
    try sink.write(Self.head)
    let xml = XMLWriter(into: sink)
    try xml.text(message.subject.asXML)
    try sink.write("</title></head>\n")
    try xml.start("body")
    try xml.element("h1", message.subject.asXML)
    try table(facts, xml)
    for document in message.content.documents {
      if let name = document.name { try xml.element("h2", name.asXML) }
      for text in document.texts { try xml.element("pre", text.asXML) }
    }
    try attachmentList(xml)
    try xml.end()
    try sink.write("</html>\n")
  }

  private var facts: [(String, String?)] {
    let register = archived.register
    let content = message.content
    return [
      ("Från / From", Self.party(message.sender, content.senderPersons)),
      ("Till / To", Self.party(message.recipient, content.recipientPersons)),
      ("Upprättat / Created", UTCTimestamp.text(message.created)),
      (
        message.direction == .incoming ? "Inkommet / Received" : "Inlämnat / Handed in",
        UTCTimestamp.text(message.stored)
      ),
      ("Diarienummer / Register number", register.number ?? "ej registrerat / not registered"),
      ("Registrerat datum / Register date", UTCTimestamp.text(register.date)),
      ("Motpart / Counterparty", register.counterparty),
      ("Saken / Matter", register.matter),
      ("Sekretess enligt avsändaren / Secrecy as the sender says", content.isConfidential ? "ja / yes" : "nej / no"),
      ("Referenser / References", Self.references(content.references)),
      ("Mottagarens referenser / Returned references", Self.references(content.returnedReferences)),
      ("Status", message.status.rawValue),
      ("Meddelande-id / Message id", message.id.value),
      ("Konversations-id / Conversation id", message.conversationID.value),
      ("Svar på / Answer to", message.refToMessageID?.value),
      ("Signerade original / Signed originals", hasEvidence ? "evidence.asice" : "saknas / none"),
    ]
  }

  private func table(_ rows: [(String, String?)], _ xml: XMLWriter) throws {
    try xml.start("table")
    for case (let name, let value?) in rows {
      try xml.start("tr")
      try xml.element("th", name)
      try xml.element("td", value.asXML)
      try xml.end()
    }
    try xml.end()
  }

  private func attachmentList(_ xml: XMLWriter) throws {
    guard !attachments.isEmpty else { return }
    try xml.element("h2", "Bilagor / Attachments")
    try xml.start("ul")
    for attachment in attachments {
      try xml.start("li")
      try xml.element("a", attachment.file.name.asXML, attributes: [("href", attachment.path)])
      try xml.text(
        " \(attachment.file.contentType.asXML), \(attachment.file.size) bytes, SHA-256 \(attachment.file.sha256)")
      try xml.end()
    }
    try xml.end()
  }

  private static func party(_ party: MessageParty, _ persons: [StoredContent.Person]) -> String {
    let organisation = party.label.map { "\($0) (\(party.id.value))" } ?? party.id.value
    let mailbox = party.mailbox.map { address in party.mailboxLabel.map { "\($0) (\(address.value))" } ?? address.value
    }
    return ([organisation, mailbox].compactMap(\.self) + persons.map { $0.label ?? $0.id?.extension ?? "" })
      .joined(separator: ", ")
  }

  private static func references(_ references: [Draft.Reference]) -> String? {
    guard !references.isEmpty else { return nil }
    return references.map { "\($0.label ?? $0.root): \($0.value)" }.joined(separator: "; ")
  }
}
