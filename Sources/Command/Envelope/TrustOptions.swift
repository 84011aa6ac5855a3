import ArgumentParser
import Foundation
import SDKRelay
import XMLSecurity

/// Whom to believe about an envelope's signature.
struct TrustOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Certificates of the authorities to believe, in PEM.", valueName: "ca.pem"))
  var trust: String?
  @Option(
    help: ArgumentHelp("The sender's published certificate, in PEM: only this one is accepted.", valueName: "cert.pem"))
  var senderCert: String?
  @Option(
    help: ArgumentHelp(
      "Judge certificates as of this date instead of now: 2022-06-01 or 2022-06-01T12:00:00Z.", valueName: "date"))
  var at: Moment?

  var isGiven: Bool { trust != nil || senderCert != nil }

  /// The time at which certificates are judged.
  var time: Date { at?.date ?? .now }

  func make() throws -> EnvelopeTrust {
    let published = try senderCert.map(certificates(at:))
    guard let trust else {
      guard let certificate = published?.first else {
        throw CommandProblem.couldNotRun("give --trust or --sender-cert")
      }
      return .certificate(certificate)
    }
    let store = try TrustStore(anchors: certificates(at: trust))
    return published.map { .published($0, store) } ?? .chain(store)
  }

  /// In bytes, far above any file of keys or certificates.
  static let maximumBytes = 1 << 20

  private func certificates(at path: String) throws -> [Certificate] {
    let pem = try NamedFile.read(path, limit: Self.maximumBytes)
    let certificates = try? Certificate.load(pem: pem)
    guard let certificates, !certificates.isEmpty else {
      throw CommandProblem.couldNotRun("\(path) holds no certificate in PEM")
    }
    return certificates
  }
}
