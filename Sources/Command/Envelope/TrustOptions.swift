import ArgumentParser
import Foundation
import SDKRelay
import XMLSecurity

/// Whom to believe about an envelope's signature.
struct TrustOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Certificates of the authorities to believe, in PEM.", valueName: "ca.pem"))
  var trust: String?
  @Option(
    help: ArgumentHelp("The sender's published certificates, in PEM: only these are accepted.", valueName: "cert.pem"))
  var senderCert: String?
  @Option(
    help: ArgumentHelp(
      "Judge certificates as of this date instead of now: 2022-06-01 or 2022-06-01T12:00:00Z.", valueName: "date"))
  var at: Moment?

  var isGiven: Bool { trust != nil || senderCert != nil }

  /// The time at which certificates are judged.
  var time: Date { at?.date ?? .now }

  func make() throws -> EnvelopeTrust {
    let published = try senderCert.map(Self.certificates(at:))
    guard let anchors = try trust.map(Self.certificates(at:)) ?? published else {
      throw CommandProblem.couldNotRun("give --trust or --sender-cert")
    }
    // Without an authority the sender's own certificates are what is believed, whoever issued them.
    let store = try TrustStore(anchors: anchors)
    return published.map { .published($0, store) } ?? .chain(store)
  }

  /// In bytes, far above any file of keys or certificates.
  static let maximumBytes = 1 << 20

  /// The certificates in a file in PEM, at least one.
  static func certificates(at path: String) throws -> [Certificate] {
    let pem = try NamedFile.read(path, limit: maximumBytes)
    let certificates = try? Certificate.load(pem: pem)
    guard let certificates, !certificates.isEmpty else {
      throw CommandProblem.couldNotRun("\(path) holds no certificate in PEM")
    }
    return certificates
  }
}
