import Foundation
import Testing
import XMLSecurity

@testable import SDKRelay

@Suite("The static directory")
struct StaticDirectoryTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "sdk-relay-\(UUID().uuidString)")

  private func directory(_ change: (String) -> String = { $0 }) throws -> StaticDirectory {
    let keys = try TestKeys.shared.get()
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let pems = [("ap", keys.accessPoints[0]), ("o", keys.organisations[0]), ("former", keys.organisations[1])]
    for (name, identity) in pems { try Data(identity.certificate.pem).write(to: folder.appending(path: "\(name).pem")) }
    try Data(keys.organisations[0].certificate.pem + keys.organisations[1].certificate.pem)
      .write(to: folder.appending(path: "both.pem"))
    let text = """
      participants:
        - id: 0203:a.example.se
          label: Exempel
          url: https://ap.example.se/as4
          accessPointCertificate: ap.pem
          signingCertificate: both.pem
          encryptionCertificate: o.pem
          mailboxes:
            - address: sdk:inkorg:0203:a.example.se
              label: Inkorgen

      """
    let file = folder.appending(path: "directory.yaml")
    try Data(change(text).utf8).write(to: file)
    return try StaticDirectory(file: file)
  }

  @Test("SDK-ADR-01: a participant has its access point, certificates and mailboxes, whatever the case of its id")
  func found() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let keys = try TestKeys.shared.get()
    let directory = try directory()
    let id = try ParticipantID("0203:A.example.se")
    let destination = try directory.destination(of: id, for: DocumentID.message().value)
    #expect(destination.url.absoluteString == "https://ap.example.se/as4")
    #expect(destination.accessPoint == keys.accessPoints[0].certificate)
    #expect(destination.encryption == [keys.organisations[0].certificate])
    #expect(try directory.organization(id).mailboxes.map(\.label) == ["Inkorgen"])
    #expect(directory.accessPointCertificates() == [keys.accessPoints[0].certificate])
  }

  @Test("I10: during a change of keys every published certificate verifies")
  func rollover() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(try directory().signingCertificates(of: ParticipantID("0203:a.example.se")).count == 2)
  }

  @Test("SDK-AS4-13: a stranger is unknown, and asking again does not help")
  func unknown() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let stranger = try ParticipantID("0203:stranger.example.se")
    let directory = try directory()
    #expect(throws: DirectoryProblem.unknown(stranger)) { try directory.signingCertificates(of: stranger) }
    #expect(!DirectoryProblem.unknown(stranger).isTransient)
  }

  @Test(
    "a wrong entry is refused with its line and key",
    arguments: [
      ("https://ap", "ftp://ap", "directory.yaml:4: participants[0].url"),
      ("0203:a.example.se\n  ", "9999:a.example.se\n  ", "directory.yaml:2: participants[0].id"),
      ("ap.pem", "none.pem", "directory.yaml:5: participants[0].accessPointCertificate"),
      ("label: Inkorgen", "lable: Inkorgen", "directory.yaml:10: participants[0].mailboxes[0].lable"),
    ])
  func wrong(right: String, wrong: String, place: String) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let problem = #expect(throws: SettingsProblem.self) { try directory { $0.replacing(right, with: wrong) } }
    #expect(problem?.description.contains(place) == true, "\(problem?.description ?? "")")
  }
}
