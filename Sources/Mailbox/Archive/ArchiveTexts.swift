import Foundation
import SDKRelay
import XMLSecurity

/// `dc.xml`: what the package is about, in Dublin Core.
struct DescriptiveDocument {
  let package: String
  let messages: [ArchivedMessage]
  let submitter: ArchiveAgent

  func write(into sink: any ByteSink) throws {
    try ArchiveXML.document(
      "oai_dc:dc",
      namespaces: [
        ("dc", "http://purl.org/dc/elements/1.1/"), ("oai_dc", "http://www.openarchives.org/OAI/2.0/oai_dc/"),
      ], into: sink
    ) { xml in
      try xml.element("dc:title", title)
      try xml.element("dc:creator", "\(submitter.name) (\(submitter.id))")
      for matter in Set(messages.map(\.register.matter)).sorted() { try xml.element("dc:subject", matter) }
      let count = messages.count == 1 ? "1 message" : "\(messages.count) messages"
      try xml.element("dc:description", "\(count) exchanged over Säker digital kommunikation (SDK)")
      try xml.element("dc:date", period)
      try xml.element("dc:type", "Collection")
      try xml.element("dc:identifier", package)
      for number in Set(messages.compactMap(\.register.number)).sorted() { try xml.element("dc:identifier", number) }
    }
  }

  private var title: String { messages.first?.register.matter ?? package }

  private var period: String? {
    let times = messages.map(\.message.stored)
    guard let first = times.min(), let last = times.max() else { return nil }
    return "\(UTCTimestamp.text(first))/\(UTCTimestamp.text(last))"
  }
}

/// `readme.txt`: what this is, for people who have nothing but the package.
enum ArchiveReadme {
  static func text(_ package: String, messages: Int, submitter: ArchiveAgent, at time: Date) -> String {
    """
    SDK MESSAGES FOR AN ARCHIVE / SDK-MEDDELANDEN FÖR ARKIV

    Package / paket:           \(package)
    Handed over by / lämnas av: \(submitter.name) (\(submitter.id))
    Messages / meddelanden:    \(messages)
    Made / framställt:         \(UTCTimestamp.text(time))

    IN ENGLISH. An information package for submission (E-ARK SIP 2.1, FGS Paketstruktur 2.0). METS.xml lists every file
    with its SHA-256. Each numbered folder in representations/rep1/data is one message: message.html for people,
    record.xml for machines (its form is schemas/record.xsd), the attachments as they were sent, and evidence.asice with
    the signed originals and receipts. Check the package with `sdkrelay archive verify`, and an evidence file with
    `sdkrelay evidence verify` or any tool for ASiC-E.

    PÅ SVENSKA. Ett inlämningspaket (E-ARK SIP 2.1, FGS Paketstruktur 2.0). METS.xml räknar upp alla filer med deras
    SHA-256. Varje numrerad mapp i representations/rep1/data är ett meddelande: message.html för människor, record.xml
    för maskiner (formen står i schemas/record.xsd), bilagorna som de skickades, och evidence.asice med de signerade
    originalen och kvittenserna. Kontrollera paketet med `sdkrelay archive verify` och en bevisfil med
    `sdkrelay evidence verify` eller annat verktyg för ASiC-E.

    """
  }
}
