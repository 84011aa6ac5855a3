import Testing

@testable import Service

@Suite("Functional addresses that a token names")
struct AddressPatternTests {
  @Test("SDK-API-05: a pattern stands for what ends so, and for nothing else")
  func patterns() {
    #expect(TokenAuthority.matches("sdk:inkorg:0203:kommun.example.se", "*.example.se"))
    #expect(TokenAuthority.matches("sdk:inkorg", "sdk:inkorg"))
    #expect(!TokenAuthority.matches("sdk:inkorg:0203:kommun.example.se.other", "*.example.se"))
    #expect(!TokenAuthority.matches(".example.se", "*.example.se"))
    #expect(!TokenAuthority.matches("sdk:inkorg", "*"))
    #expect(!TokenAuthority.matches("sdk:inkorg2", "sdk:inkorg"))
    // Canonically equivalent, and another address.
    #expect(!TokenAuthority.matches("sdk:\u{e5}", "sdk:a\u{30a}"))
  }
}
