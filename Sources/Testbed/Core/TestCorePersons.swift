/// Persons of a test core, all of them published test numbers.
public enum TestCorePersons {
  public static let numbers = ["191212121212", "189001019802", "189001219808", "202301612392", "202301622383"]
  /// Organisation numbers that nobody has, ten digits.
  public static let municipality = "2120009994"
  public static let otherMunicipality = "2120009986"
}
