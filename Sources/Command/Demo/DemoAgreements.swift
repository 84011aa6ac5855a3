import Foundation
import Mailbox
import SDKRelay
import Testbed

/// What the demo's two organisations have agreed on, as their nodes read it: one agreement for each pair of mailboxes.
enum DemoAgreements {
  /// Gives each node agreements and a MT–MK interface, where its settings have none yet.
  static func prepare(_ federation: TestFederation) throws {
    let folder = federation.folder.appending(path: "agreements")
    let ports = try freePorts(federation.nodes.count)
    for (node, port) in zip(federation.nodes, ports) where try !hasService(node) {
      for (name, text) in texts(federation) {
        try DemoFiles.write(text, to: folder.appending(path: "\(name).yaml"))
      }
      let settings = try String(contentsOf: node.settings, encoding: .utf8)
      try DemoFiles.write(
        settings + """

          # The demo's agreements, and the interface for case systems. On the loopback address it may do without TLS.
          agreements: ../agreements
          service:
            port: \(port)
            tls: false
          # Messages are looked at for their cases.
          bridge:
            protectionLimit: 1 d

          """, to: node.settings)
    }
  }

  private static func hasService(_ node: TestFederation.Node) throws -> Bool {
    try SettingsFile.open(node.settings).optionalSection("service") != nil
  }

  private static func texts(_ federation: TestFederation) -> [(String, String)] {
    let (a, b) = (federation.nodeA.organisation, federation.nodeB.organisation)
    return [
      ("vuxenutbildning", "application, admission, decision, change, other"), ("etablering", "establishmentQuery"),
    ]
    .enumerated().map { index, agreement in
      (agreement.0, text(agreement.0, kinds: agreement.1, parties: [(a, a.mailboxes[index]), (b, b.mailboxes[index])]))
    }
  }

  private static func text(
    _ id: String, kinds: String, parties: [(TestOrganisation, TestOrganisation.Mailbox)]
  ) -> String {
    let addresses = parties.map(\.1.address)
    return """
      id: \(id)
      version: 1
      date: 2026-02-10
      title: Demonstration av informationsutbyte om \(id)
      validity:
        from: 2026-03-01
      legalBasis:
        - 1 a § lagen (2000:625) om arbetsmarknadspolitiska program
      parties:
      \(parties.map(party).joined(separator: "\n"))
      routes:
        - {from: "\(addresses[0])", to: "\(addresses[1])", kinds: [\(kinds)]}
        - {from: "\(addresses[1])", to: "\(addresses[0])", kinds: [\(kinds)]}
      fileTypes: [application/pdf]
      maximumSize: 20 MB
      answerWithinWorkingDays: 5
      retention:
        days: 730
        rule: Gallras två år efter avslutat ärende

      """
  }

  private static func party(_ organisation: TestOrganisation, _ mailbox: TestOrganisation.Mailbox) -> String {
    let contact = "\(organisation.shortName)@example.se"
    return """
        - participant: \(organisation.id)
          name: \(organisation.label)
          administrator:
            name: Systemförvaltningen
            contact: \(contact)
          mailboxes:
            - address: \(mailbox.address)
              name: \(mailbox.label)
              purpose: Demonstration
              hours: helgfria vardagar 8–16
              contact: \(contact)
      """
  }
}
