/// A made-up organisation of a test federation.
public struct TestOrganisation: Sendable {
  /// A functional mailbox (funktionsbrevlåda).
  public struct Mailbox: Sendable {
    /// The functional address.
    public let address: String
    /// Its name for people.
    public let label: String
  }

  /// The participant id, `0203:…`.
  public let id: String
  /// Its name for people.
  public let label: String
  /// Begins the names of its files.
  public let shortName: String
  /// At least two; the first takes part in the demo.
  public let mailboxes: [Mailbox]
  /// Whether it signs with one certificate and opens with another, or has one for both; the federation allows either.
  public let hasSeparateCertificates: Bool

  /// A municipality's adult education.
  public static let adultEducation = TestOrganisation(
    id: "0203:komvux.kommun.example.se", label: "Exempelkommunens vuxenutbildning", shortName: "komvux",
    mailboxes: [
      Mailbox(address: "sdk:vux-antagning:0203:komvux.kommun.example.se", label: "Antagningen"),
      Mailbox(address: "sdk:sfi:0203:komvux.kommun.example.se", label: "Svenska för invandrare"),
    ],
    hasSeparateCertificates: true)

  /// An employment office.
  public static let employmentOffice = TestOrganisation(
    id: "0203:arbetsformedlingen.example.se", label: "Exempelmyndighetens arbetsförmedling",
    shortName: "arbetsformedlingen",
    mailboxes: [
      Mailbox(address: "sdk:utbildning:0203:arbetsformedlingen.example.se", label: "Utbildningsfrågor"),
      Mailbox(address: "sdk:etablering:0203:arbetsformedlingen.example.se", label: "Etablering"),
    ],
    hasSeparateCertificates: false)
}
