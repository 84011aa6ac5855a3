import Foundation
import Testing

@testable import Mailbox
@testable import SDKRelay

@Suite("Identity numbers in free text") struct IdentityNumberTests {
  @Test(
    "every written form of a number is found and masked",
    arguments: [
      "191212121212", "19121212-1212", "121212-1212", "121212+1212", "1212121212", "19121212 1212", "1912-12-12-1212",
      "12-12-12-1212", "19121212\u{A0}1212", "19121212\u{2011}1212", "19121212\u{2013}1212", "19121212\u{202F}1212",
      "１９１２１２１２-１２１２", "121212 - 1212", "121272-1219", "121200-T12", "19121212-TF26",
    ])
  func found(_ number: String) {
    let isReal = number != "121200-T12"
    for text in [number, "Om \(number).", "plan_\(number)_a.pdf", "(\(number))"] {
      #expect(IdentityNumbers.areCertainlyIn(text) == isReal, "\(text)")
      guard isReal else { continue }
      #expect(!IdentityNumbers.maskedWhereCertain(in: text).contains("1212"), "\(text)")
    }
  }

  @Test(
    "what is no identity number is left alone",
    arguments: [
      "KOM-2026/1234", "Af-2020/0000 3075", "202100-2114", "212000-0142", "19121212-1213", "2026-08-17 kl. 10",
      "3f1c2a54-1912-4abc-8def-121212121212", "order 4711-121213", "1.2.752.129.2.1.3.1", "08-123 456 78",
      "a191212121212", "1912121212121", "IMG_20261345_1234", "121313-1313",
    ])
  func leftAlone(_ text: String) {
    #expect(!IdentityNumbers.areCertainlyIn(text))
    #expect(IdentityNumbers.maskedWhereCertain(in: text) == text)
  }

  @Test(
    "SDK-MK-03: a subject or file name with an identity number is not sent, whoever sends it, and the refusal has none of it"
  )
  func refused() async throws {
    let kit = try MessageKit()
    let user = try await kit.user()
    let recipient = Draft.Mailbox(MessageKit.counterparty, try FunctionalAddress("sdk:registrator"))
    let sender = Draft.Mailbox(MessageKit.mailbox.participant, MessageKit.mailbox.address)
    let file = FileManager.default.temporaryDirectory.appending(path: "names-\(UUID().uuidString)")
    try Data("%PDF-1.7".utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    func draft(_ subject: String, _ name: String) -> Draft {
      Draft(
        from: sender, to: recipient, subject: subject, text: "t",
        attachments: [Draft.Attachment(file, name: name, contentType: "application/pdf")])
    }
    for (draft, place) in [
      (draft("Om 19121212-1212", "a.pdf"), "the subject"),
      (draft("Om", "191212121212.pdf"), "the name of attachment 1"),
    ] {
      for attempt in 0...1 {
        do {
          if attempt == 0 {
            _ = try await kit.service.submit(draft, by: user, at: .now)
          } else {
            _ = try await kit.service.submit(draft, kind: .other, submitter: nil) { _, _ in }
          }
          Issue.record("it was taken")
        } catch {
          #expect("\(error)".hasPrefix(place) && !"\(error)".contains("1212"), "\(error)")
        }
      }
    }
  }
}
