import Foundation
import SDKRelay
import XMLSecurity

/// The folder of reference files beside the package.
enum OfficialFiles {
  static let folder: URL = {
    if let path = ProcessInfo.processInfo.environment["SDKRELAY_SHARED"] {
      return URL(filePath: path, directoryHint: .isDirectory)
    }
    let package = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..")
    return package.appending(path: "../shared").standardizedFileURL
  }()

  static var isPresent: Bool {
    FileManager.default.fileExists(atPath: folder.appending(path: "official").path)
  }

  static func official(_ path: String) -> URL { folder.appending(path: "official").appending(path: path) }

  static func text(_ path: String) throws -> String {
    try String(contentsOf: official(path), encoding: .utf8)
  }
}

/// Keeps attachments in memory.
final class MemoryAttachments: AttachmentStore {
  private(set) var sinks: [Int: MemorySink] = [:]

  func open(attachment number: Int) -> any ByteSink {
    let sink = MemorySink()
    sinks[number] = sink
    return sink
  }
}

/// Counts how many of its sinks live at once.
final class CountedAttachments: AttachmentStore {
  private(set) var opened = 0
  private(set) var mostAlive = 0
  private var alive = 0

  func open(attachment number: Int) -> any ByteSink {
    opened += 1
    alive += 1
    mostAlive = max(mostAlive, alive)
    return Counted { [unowned self] in alive -= 1 }
  }

  private final class Counted: ByteSink {
    let gone: () -> Void
    init(_ gone: @escaping () -> Void) { self.gone = gone }
    deinit { gone() }
    func write(_ bytes: UnsafeRawBufferPointer) {}
    func close() {}
  }
}

/// A store whose disk is full.
final class FullStore: AttachmentStore {
  func open(attachment number: Int) throws -> any ByteSink { throw SpoolProblem.full }
}

extension PayloadReading {
  var problems: [PayloadProblem] { if case .invalid(let problems) = self { problems } else { [] } }
  var payload: Payload? { if case .valid(let payload) = self { payload } else { nil } }
  var isUnreadable: Bool { if case .unreadable = self { true } else { false } }

  /// Whether the schema alone is kept.
  var keepsSchema: Bool {
    switch self {
    case .unreadable: false
    case .invalid(let problems): !problems.contains { $0.rule == PayloadRule.schema.id }
    case .valid: true
    }
  }

  /// The broken rules' ids, in order.
  var rules: [String] { problems.map(\.rule) }
}

enum PayloadKit {
  static let municipality = "0203:komvux.kommun.example.se"
  static let office = "0203:arbetsformedling.example.se"
  static let address = "sdk:inkorg:0203:arbetsformedling.example.se"

  static func read(
    _ xml: String, limits: PayloadLimits = .incoming, direction: PayloadDirection = .incoming,
    store: any AttachmentStore = NoAttachments(), chunk: Int = .max
  ) throws -> PayloadReading {
    try read(Array(xml.utf8), limits: limits, direction: direction, store: store, chunk: chunk)
  }

  static func read(
    _ bytes: [UInt8], limits: PayloadLimits = .incoming, direction: PayloadDirection = .incoming,
    store: any AttachmentStore = NoAttachments(), chunk: Int = .max
  ) throws -> PayloadReading {
    let reader = PayloadReader(limits: limits, direction: direction, store: store)
    var start = 0
    while start < bytes.count {
      let end = start + min(chunk, bytes.count - start)
      try reader.write(Array(bytes[start..<end]))
      start = end
    }
    try reader.close()
    return reader.result()
  }

  /// A message with everything in it that the schema knows.
  static func full(files: [ContentFile] = []) throws -> Payload {
    let id = MessageID.new()
    let attention = Attention(
      persons: [Person(id: InstanceIdentifier(root: "1.2.752.129.2.1.2.1", extension: "handler-1"), label: "Handler")],
      subOrganization: SubOrganization(address: try FunctionalAddress(address), label: "Intake"),
      references: [Reference(id: InstanceIdentifier(root: "dnr", extension: "KS 2026/17"), label: "Ours")])
    let sender = Attention(
      subOrganization: SubOrganization(address: try FunctionalAddress("sdk:inkorg:" + municipality)),
      references: [Reference(id: InstanceIdentifier(root: "dnr", extension: "U 2026/9"))])
    let header = MessageHeader(
      created: Date(timeIntervalSince1970: 1_665_684_639.843), messageID: id, conversationID: id, label: "Study plan",
      confidentiality: true, generatingSystem: InstanceIdentifier(root: "product", extension: "sdk-relay"),
      recipient: Recipient(id: try ParticipantID(office), label: "Employment office", attention: attention),
      sender: Sender(id: try ParticipantID(municipality), label: "Adult education", attention: sender))
    let documents = [
      Document(id: "text", name: "Message", index: "1", texts: ["# Plan\n\nå < ä & ö > \"é\"", "second"]),
      Document(id: "files", index: "2", files: files, texts: files.isEmpty ? ["no files"] : []),
    ]
    return Payload(header: header, documents: documents)
  }

  static func file(_ number: Int, _ bytes: [UInt8], type: String = "application/pdf") -> ContentFile {
    ContentFile(
      fileName: "plan-\(number).pdf", contentType: type,
      content: ContentReference(number: number, size: bytes.count, sha256: digest(.sha256, of: bytes)))
  }

  static func write(
    _ payload: Payload, limits: PayloadLimits = .outgoing, declaration: Bool = false, files: [[UInt8]] = []
  ) throws -> String {
    let sink = MemorySink()
    try PayloadWriter.write(payload, limits: limits, declaration: declaration, into: sink) { file, content in
      try content.write(files[file.content.number])
    }
    return String(decoding: sink.bytes, as: UTF8.self)
  }

  /// ``message`` without its declaration.
  static let element = message.split(separator: "\n").dropFirst().joined(separator: "\n")

  /// A valid message as text, to change.
  static let message = """
    <?xml version="1.0" encoding="UTF-8"?>
    <ns:messagePayload xmlns:ns="urn:riv:infrastructure:messaging:MessageWithAttachments:3">
      <ns:message>
        <ns:messageHeader>
          <ns:creationDateTime>2026-03-01T07:27:15.433Z</ns:creationDateTime>
          <ns:messageId>3a94b4ed-a6d7-41e2-945d-b3fa91e8a6e9</ns:messageId>
          <ns:conversationId>3a94b4ed-a6d7-41e2-945d-b3fa91e8a6e9</ns:conversationId>
          <ns:refToMessageId>7bc5576a-3f87-4cf5-a0c5-277da06fcacb</ns:refToMessageId>
          <ns:label>Study plan</ns:label>
          <ns:confidentiality>true</ns:confidentiality>
          <ns:generatingSystem><ns:root>r</ns:root><ns:extension>e</ns:extension></ns:generatingSystem>
          <ns:recipient>
            <ns:recipientID>
              <ns:root>iso6523-actorid-upis</ns:root><ns:extension>0203:arbetsformedling.example.se</ns:extension>
            </ns:recipientID>
            <ns:label>Employment office</ns:label>
            <ns:attention>
              <ns:person>
                <ns:personId><ns:root>other</ns:root><ns:extension>p1</ns:extension></ns:personId>
                <ns:label>Handler</ns:label>
              </ns:person>
              <ns:person><ns:label>Other</ns:label></ns:person>
              <ns:subOrganization>
                <ns:organizationId>
                  <ns:root>urn:riv:infrastructure:messaging:functionalAddress</ns:root>
                  <ns:extension>sdk:inkorg:0203:arbetsformedling.example.se</ns:extension>
                </ns:organizationId>
                <ns:label>Intake</ns:label>
              </ns:subOrganization>
              <ns:reference>
                <ns:referenceId><ns:root>dnr</ns:root><ns:extension>KS 2026/17</ns:extension></ns:referenceId>
                <ns:label>Ours</ns:label>
              </ns:reference>
            </ns:attention>
          </ns:recipient>
          <ns:sender>
            <ns:senderID>
              <ns:root>iso6523-actorid-upis</ns:root><ns:extension>0203:komvux.kommun.example.se</ns:extension>
            </ns:senderID>
            <ns:label>Adult education</ns:label>
            <ns:attention>
              <ns:subOrganization>
                <ns:organizationId>
                  <ns:root>urn:riv:infrastructure:messaging:functionalAddress</ns:root>
                  <ns:extension>sdk:inkorg:0203:komvux.kommun.example.se</ns:extension>
                </ns:organizationId>
              </ns:subOrganization>
            </ns:attention>
          </ns:sender>
        </ns:messageHeader>
        <ns:messageBody>
          <ns:documents>
            <ns:documentID>d1</ns:documentID>
            <ns:documentName>Plan</ns:documentName>
            <ns:index>1</ns:index>
            <ns:ContentFiles>
              <ns:fileName>plan.pdf</ns:fileName>
              <ns:contentType>application/pdf</ns:contentType>
              <ns:content>JVBERi0xLjcK</ns:content>
            </ns:ContentFiles>
            <ns:ContentText><ns:characterSequence>Text</ns:characterSequence></ns:ContentText>
          </ns:documents>
          <ns:documents>
            <ns:documentID>d2</ns:documentID>
            <ns:index>2</ns:index>
            <ns:ContentText><ns:characterSequence>More</ns:characterSequence></ns:ContentText>
          </ns:documents>
        </ns:messageBody>
      </ns:message>
    </ns:messagePayload>
    """
}

extension String {
  /// The text with the first occurrence replaced; what is not there is a mistake in the test.
  func changing(_ part: String, to replacement: String) -> String {
    guard let range = range(of: part, options: .literal) else { preconditionFailure("nothing to change: \(part)") }
    return replacingCharacters(in: range, with: replacement)
  }
}
