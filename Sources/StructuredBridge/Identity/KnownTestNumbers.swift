public import SDKRelay

/// Numbers that were published for testing. Only these very numbers count: real people have the same serial numbers on
/// other days.
public enum KnownTestNumbers {
  public static func contains(_ number: PersonIdentityNumber) -> Bool {
    all.contains(number.whole)
  }

  /// Test data may not occur in the production environment.
  public static func refuse(_ number: PersonIdentityNumber, in federation: Federation) throws(IdentityProblem) {
    if federation == .sdk, contains(number) { throw .testNumber }
  }

  /// The conventional example, and the ones of published profiles for protected persons.
  private static let examples = ["191212121212", "200001252386", "189602029812"]

  private static let all: Set<String> = Set(
    examples
      + [publishedPersonnummer, publishedSamordningsnummer].flatMap { $0.split(whereSeparator: \.isWhitespace) }
      .map(String.init))
}
