import Testing
import XMLSecurity

@testable import StructuredBridge

@Suite("Sealed identity numbers") struct IdentityVaultTests {
  private let key = randomBytes(32)

  @Test("what was sealed is opened at its place, and with its key and tenant only")
  func opening() throws {
    let vault = IdentityVault(key: key, tenant: "0203:a.example.se")
    let number = PersonIdentityNumber(.localReserve, "19140728TF26", issuer: "0203:a.example.se")
    let sealed = try vault.seal(number, at: "person 7")
    #expect(try vault.open(sealed, at: "person 7") == number)
    #expect(try vault.seal(number, at: "person 7") != sealed)
    #expect(throws: SealedNumberUnreadable.self) { try vault.open(sealed, at: "person 8") }
    for other in [
      IdentityVault(key: key, tenant: "0203:b.example.se"),
      IdentityVault(key: randomBytes(32), tenant: "0203:a.example.se"),
    ] {
      #expect(throws: SealedNumberUnreadable.self) { try other.open(sealed, at: "person 7") }
    }
  }

  @Test("a changed or shortened byte string is not opened")
  func broken() throws {
    let vault = IdentityVault(key: key, tenant: "a")
    let sealed = try vault.seal(try #require(try read("191212121212").person), at: "p")
    for place in sealed.indices {
      var changed = sealed
      changed[place] ^= 1
      #expect(throws: SealedNumberUnreadable.self) { try vault.open(changed, at: "p") }
      #expect(throws: SealedNumberUnreadable.self) { try vault.open(Array(sealed.prefix(place)), at: "p") }
    }
  }

  @Test("the index is the same for the same number, and differs by tenant, kind and issuer")
  func index() throws {
    let (a, b) = (IdentityVault(key: key, tenant: "a"), IdentityVault(key: key, tenant: "b"))
    let number = try #require(try read("19121212-1212").person)
    #expect(a.index(number) == a.index(try #require(try read("121212+1212").person)))
    #expect(a.index(number) != b.index(number))
    let local = ["x", "y"].map { a.index(PersonIdentityNumber(.localReserve, "19140728TF26", issuer: $0)) }
    #expect(local[0] != local[1] && local[0] != nil)
    #expect(a.index(PersonIdentityNumber(.localReserve, "19140728TF26")) == nil)
  }
}
