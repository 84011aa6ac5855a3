internal import Foundation

/// Whether both texts are the same bytes in UTF-8.
///
/// For Swift's `==` texts are equal that Unicode calls equivalent: `K` and the Kelvin sign U+212A, `å` in one character
/// and in two. XML, and whoever else reads a signed document, tells them apart. So prefixes, names, algorithms, ids and
/// addresses from outside are compared with this function or as ``ExactText``: else one could stand for another that has
/// not been signed.
public func sameBytes(_ a: String, _ b: String) -> Bool {
  let count = a.utf8.count
  guard count == b.utf8.count else { return false }
  let isEqual = a.utf8.withContiguousStorageIfAvailable { a in
    b.utf8.withContiguousStorageIfAvailable { b in
      guard let a = a.baseAddress, let b = b.baseAddress else { return count == 0 }
      return memcmp(a, b, count) == 0
    }
  }
  return (isEqual ?? nil) ?? a.utf8.elementsEqual(b.utf8)
}

/// A text that equals the same bytes only, for sets and dictionaries of what comes from outside.
public struct ExactText: Hashable, Sendable {
  /// The text as it came.
  public let value: String

  public init(_ value: String) {
    self.value = value
  }

  public static func == (a: Self, b: Self) -> Bool { sameBytes(a.value, b.value) }

  public func hash(into hasher: inout Hasher) {
    value.hashBytes(into: &hasher)
  }
}

extension String {
  /// Feeds the UTF-8 bytes and an end that no text contains.
  func hashBytes(into hasher: inout Hasher) {
    let isFed: Void? = utf8.withContiguousStorageIfAvailable { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    if isFed == nil { for byte in utf8 { hasher.combine(byte) } }
    hasher.combine(0xFF as UInt8)
  }
}
